# SPDX-License-Identifier: GPL-3.0-or-later
# An event loop that waits for a variable which nobody sets.
# why: ^  tclsh .*vwait\.tcl \(pid [0-9]+\), thread [0-9]+ waits for an event of Tcl's event loop.*, and nobody is left to wake it
after 10 {set ready 1}
vwait done
