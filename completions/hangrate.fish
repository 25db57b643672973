# SPDX-License-Identifier: GPL-3.0-or-later
# Completion for fish: install it as ~/.config/fish/completions/hangrate.fish. Commands and options are
# asked for (hangrate --options), never listed here.
function __hangrate_commands
	hangrate --options | cut -f 1 | sort -u
end
function __hangrate_options
	set -l command (commandline -opc)[2]
	hangrate --options | awk -F '\t' -v c="$command" '$1 == c { print $2 "\t" $4 }'
end
complete -c hangrate -n '__fish_is_first_arg' -f -a '(__hangrate_commands)'
complete -c hangrate -n 'not __fish_is_first_arg; and string match -q -- "-*" (commandline -ct)' -f -a '(__hangrate_options)'
