"""Points to try a fit on: made for this page, a pair a line."""

from __future__ import annotations

# A chain with a = 0.5 and its vertex at (1.1, 0.4), measured to about a centimetre; three points are wrong.
CHAIN = """x, y
-0.02, 2.28
0.10, 1.78
0.22, 1.39
0.33, 1.12
0.45, 1.30
0.57, 0.71
0.69, 0.59
0.81, 0.48
0.92, 0.43
1.04, 0.40
1.16, 0.40
1.28, 0.43
1.39, 0.12
1.51, 0.58
1.63, 0.71
1.75, 0.90
1.87, 1.12
1.98, 0.20
2.10, 1.78
2.22, 2.27"""

# The main cable of a bridge carries its deck, which weighs the same on every metre of the span: a parabola.
BRIDGE = """x, y
-100, 50.2
-88, 38.6
-75, 28.2
-63, 19.9
-50, 12.4
-38, 7.3
-25, 3.0
-12, 0.8
0, 0.1
13, 0.8
25, 3.2
37, 6.8
50, 12.6
62, 19.1
75, 28.0
88, 38.8
100, 49.9"""
