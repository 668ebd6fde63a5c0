(* SPDX-License-Identifier: BSL-1.0

   OCaml's Set and Map, with the keys and operations of benchmarks/ocaml.cpp. Writes one round of results to standard
   output, in the form of Google Benchmark's. The collector has its default settings; it has finished before each
   measurement begins, and its work during one counts. *)

let option name otherwise =
  match Sys.getenv_opt name with
  | None | Some "" -> otherwise
  | Some given -> Int64.of_string ("0u" ^ given)

let quick = option "STILL_BENCH_QUICK" 0L <> 0L
let size = Int64.to_int (option "STILL_BENCH_KEYS" 1_000_000L) / if quick then 10 else 1
let seed = option "STILL_BENCH_SEED" 20250101L

(* SplitMix64: common/keys.hpp. *)
let state = ref seed
let start_at value = state := value

let next () =
  let open Int64 in
  let mix by factor value = mul (logxor value (shift_right_logical value by)) factor in
  state := add !state 0x9e3779b97f4a7c15L;
  let mixed = mix 27 0x94d049bb133111ebL (mix 30 0xbf58476d1ce4e5b9L !state) in
  logxor mixed (shift_right_logical mixed 31)

let below bound =
  let open Int64 in
  to_int (shift_right_logical (mul (shift_right_logical (next ()) 32) (of_int bound)) 32)

let next_number () = Int64.to_int (Int64.shift_right_logical (next ()) 2)

(* 8 to 40 letters: ordered/elements.hpp. *)
let next_string () =
  let bits = ref (next ()) in
  let take bound =
    let drawn = Int64.unsigned_rem !bits bound in
    bits := Int64.unsigned_div !bits bound;
    Int64.to_int drawn
  in
  let length = 8 + take 33L in
  let letter i =
    if i >= 8 && (i - 8) mod 13 = 0 then bits := next ();
    Char.chr (Char.code 'a' + take 26L)
  in
  let made = Bytes.create length in
  for i = 0 to length - 1 do
    Bytes.set made i (letter i)
  done;
  Bytes.to_string made

let make_keys ?(stream = 0) next_key count =
  start_at (Int64.add seed (Int64.of_int stream));
  let made = Array.make count (next_key ()) in
  for i = 1 to count - 1 do
    made.(i) <- next_key ()
  done;
  made

(* Keys drawn at random: ordered/reads.hpp. *)
let drawn keys =
  start_at (Int64.lognot seed);
  let count = max 100_000 (min 1_000_000 (Array.length keys)) in
  let made = Array.make count keys.(0) in
  for i = 0 to count - 1 do
    made.(i) <- keys.(below (Array.length keys))
  done;
  made

let is_first = ref true

(* A time in nanoseconds, and a counter. *)
let report operation suffix time counter value =
  let name = Printf.sprintf "%s/ocaml/%d%s" operation size suffix in
  Printf.printf
    "%s{\"name\": \"%s\", \"run_name\": \"%s\", \"run_type\": \"iteration\", \"time_unit\": \"ns\", \"cpu_time\": %.0f, \
     \"real_time\": %.0f, \"%s\": %f}"
    (if !is_first then "" else ",\n")
    name name time time counter value;
  is_first := false

(* What is dropped during a measurement is collected by and by; processor time of the whole process counts. *)
let measure operation suffix operations body =
  Gc.compact ();
  let before = Sys.time () in
  let result = Sys.opaque_identity (body ()) in
  let after = Sys.time () in
  report operation suffix ((after -. before) *. 1e9) "operations" (float_of_int operations);
  result

(* What Set and Map have alike. *)
module type Container = sig
  type key
  type t

  val empty : t
  val add : key -> t -> t
  val mem : key -> t -> bool
  val union : t -> t -> t
end

module Set_of (Key : Set.OrderedType) : Container with type key = Key.t = struct
  include Set.Make (Key)

  type key = Key.t
end

(* Values are of 8 bytes, and odd: finding one reads it. *)
module Map_of_numbers : Container with type key = int = struct
  include Map.Make (Int)

  type nonrec t = int t

  let add key = add key (key lor 1)
  let mem key map = match find_opt key map with Some value -> value land 1 = 1 | None -> false
  let union = union (fun _ left _ -> Some left)
end

module Measure (Keys : Container) = struct
  let fill = Array.fold_left (fun made key -> Keys.add key made) Keys.empty

  (* The version before each insertion stays valid until the next one. *)
  let insert_persistent suffix keys =
    let held = ref Keys.empty and made = ref Keys.empty in
    let insert key =
      held := !made;
      made := Keys.add key !made
    in
    measure "insert_persistent" suffix (Array.length keys) (fun () ->
        Array.iter insert keys;
        !held)
    |> ignore;
    !made

  let lookup suffix seen wanted =
    let found =
      measure "lookup" suffix (Array.length wanted) (fun () ->
          Array.fold_left (fun found key -> if Keys.mem key seen then found + 1 else found) 0 wanted)
    in
    if found <> Array.length wanted then failwith "a lookup went wrong"

  let reads_and_updates suffix next_key =
    let keys = make_keys next_key size in
    let made = insert_persistent suffix keys in
    lookup suffix made (drawn keys);
    made

  let wholes suffix next_key made =
    let others = Array.sub (make_keys next_key (size + (size / 2))) (size / 2) size |> fill in
    ignore (measure "union" suffix 1 (fun () -> Keys.union made others));
    let small = List.init 20 (fun i -> fill (make_keys ~stream:(2 + i) next_key 1000)) in
    measure "union_1k" suffix 20 (fun () ->
        List.iter (fun one -> ignore (Sys.opaque_identity (Keys.union made one))) small);
    let words = Obj.reachable_words (Obj.repr made) in
    report "memory_random" suffix 0. "bytes" (float_of_int (words * 8) /. float_of_int size)
end

module Numbers = Measure (Set_of (Int))
module Strings = Measure (Set_of (String))
module Entries = Measure (Map_of_numbers)

let () =
  print_string "{\"context\": {}, \"benchmarks\": [\n";
  Numbers.wholes "" next_number (Numbers.reads_and_updates "" next_number);
  ignore (Strings.reads_and_updates "/string" next_string);
  Entries.wholes "/map" next_number (Entries.reads_and_updates "/map" next_number);
  print_string "\n]}\n"
