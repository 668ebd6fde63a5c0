(* SPDX-License-Identifier: BSL-1.0

   OCaml's Set, with the keys and operations of benchmarks/ocaml.cpp. Writes one round of results to standard
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

module Measure (Key : Set.OrderedType) = struct
  module Keys = Set.Make (Key)

  let fill = Array.fold_left (fun set key -> Keys.add key set) Keys.empty

  (* The version before each insertion stays valid until the next one. *)
  let insert suffix keys =
    let held = ref Keys.empty and set = ref Keys.empty in
    measure "insert_persistent" suffix (Array.length keys) (fun () ->
        Array.iter
          (fun key ->
            held := !set;
            set := Keys.add key !set)
          keys;
        !held)
    |> ignore;
    !set

  let look_up suffix set wanted =
    let found =
      measure "lookup" suffix (Array.length wanted) (fun () ->
          Array.fold_left (fun found key -> if Keys.mem key set then found + 1 else found) 0 wanted)
    in
    if found <> Array.length wanted then failwith "a key was lost"
end

module Numbers = Measure (Int)
module Strings = Measure (String)

let () =
  print_string "{\"context\": {}, \"benchmarks\": [\n";
  let keys = make_keys next_number size in
  let set = Numbers.insert "" keys in
  Numbers.look_up "" set (drawn keys);
  let all = make_keys next_number (size + (size / 2)) in
  let other = Numbers.fill (Array.sub all (size / 2) size) in
  ignore (measure "union" "" 1 (fun () -> Numbers.Keys.union set other));
  let small = List.init 20 (fun i -> Numbers.fill (make_keys ~stream:(2 + i) next_number 1000)) in
  measure "union_1k" "" 20 (fun () ->
      List.iter (fun one -> ignore (Sys.opaque_identity (Numbers.Keys.union set one))) small);
  let words = Obj.reachable_words (Obj.repr set) in
  report "memory_random" "" 0. "bytes" (float_of_int (words * 8) /. float_of_int size);
  let keys = make_keys next_string size in
  let set = Strings.insert "/string" keys in
  Strings.look_up "/string" set (drawn keys);
  print_string "\n]}\n"
