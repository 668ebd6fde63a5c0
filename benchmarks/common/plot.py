# SPDX-License-Identifier: BSL-1.0
"""A plot of curves against size, both axes logarithmic, as SVG."""

import math
from xml.sax.saxutils import escape

COLOURS = ("#0b6e4f", "#c8553d", "#3d5a80", "#8d6a9f", "#b8860b", "#555555")
WIDTH, HEIGHT, LEFT, TOP, RIGHT, BOTTOM = 460, 330, 62, 36, 92, 48


def short(number):
    """100000 -> 100 k."""
    for size, letter in ((10**6, " M"), (10**3, " k")):
        if number >= size:
            return f"{number / size:g}{letter}"
    return f"{number:g}"


def duration(nanoseconds):
    """10000 -> 10 us."""
    for size, word in ((1e9, " s"), (1e6, " ms"), (1e3, " us")):
        if nanoseconds >= size:
            return f"{nanoseconds / size:g}{word}"
    return f"{nanoseconds:g} ns"


def ticks(low, high):
    """Powers of ten from at most `low` to at least `high`."""
    return [10.0**power for power in range(math.floor(math.log10(low) + 1e-9), math.ceil(math.log10(high) - 1e-9) + 1)]


def panel(title, across_is, curves, colours):
    """One diagram. across_is: what the horizontal axis counts; curves: name -> points (size, nanoseconds), all above
    0."""
    points = [point for curve in curves.values() for point in curve]
    across = ticks(min(x for x, _ in points), max(x for x, _ in points))
    up = ticks(min(y for _, y in points), max(y for _, y in points))

    def scaled(value, marks, start, length):
        low, high = math.log10(marks[0]), math.log10(marks[-1])
        return start + length * ((math.log10(value) - low) / (high - low) if high > low else 0.5)

    bottom, inner_width = HEIGHT - BOTTOM, WIDTH - LEFT - RIGHT
    x_of = lambda value: scaled(value, across, LEFT, inner_width)
    y_of = lambda value: scaled(value, up, bottom, TOP - bottom)
    lines = [f'<text x="{LEFT}" y="20" font-weight="bold">{escape(title)}</text>']
    for mark in across:
        lines += [f'<path d="M{x_of(mark):.1f} {TOP}V{bottom}" stroke="#ddd"/>',
                  f'<text x="{x_of(mark):.1f}" y="{bottom + 18}" text-anchor="middle">{short(mark)}</text>']
    for mark in up:
        lines += [f'<path d="M{LEFT} {y_of(mark):.1f}H{WIDTH - RIGHT}" stroke="#ddd"/>',
                  f'<text x="{LEFT - 6}" y="{y_of(mark) + 4:.1f}" text-anchor="end">{duration(mark)}</text>']
    lines.append(f'<text x="{LEFT + inner_width / 2}" y="{HEIGHT - 10}" text-anchor="middle">{escape(across_is)}</text>')
    # Names stand at the ends of their curves, and make room for each other where several end.
    free = {}
    for name, curve in sorted(curves.items(), key=lambda item: y_of(max(item[1])[1])):
        curve = sorted(curve)
        path = "L".join(f"{x_of(x):.1f} {y_of(y):.1f}" for x, y in curve)
        lines.append(f'<path d="M{path}" fill="none" stroke="{colours[name]}" stroke-width="2"/>')
        lines += [f'<circle cx="{x_of(x):.1f}" cy="{y_of(y):.1f}" r="2.5" fill="{colours[name]}"/>' for x, y in curve]
        end, height = curve[-1]
        at = max(free.get(end, TOP), y_of(height) + 4)
        lines.append(f'<text x="{x_of(end) + 7:.1f}" y="{at:.1f}" fill="{colours[name]}">{escape(name)}</text>')
        free[end] = at + 14
    return lines


def svg(panels):
    """panels: (title, what the horizontal axis counts, curves), two in a row; a name has one colour in all. Panels
    without points are left out."""
    panels = [(title, across_is, {name: curve for name, curve in curves.items() if curve})
              for title, across_is, curves in panels]
    panels = [one for one in panels if one[2]]
    names = list(dict.fromkeys(name for _, _, curves in panels for name in curves))
    colours = {name: COLOURS[number % len(COLOURS)] for number, name in enumerate(names)}
    width = WIDTH * max(1, min(2, len(panels)))
    height = HEIGHT * max(1, (len(panels) + 1) // 2)
    lines = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
             f'viewBox="0 0 {width} {height}" font-family="sans-serif" font-size="12">',
             '<rect width="100%" height="100%" fill="white"/>']
    for number, one in enumerate(panels):
        lines += [f'<g transform="translate({number % 2 * WIDTH} {number // 2 * HEIGHT})">', *panel(*one, colours),
                  "</g>"]
    return "\n".join([*lines, "</svg>"]) + "\n"
