# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_vm_autoscale_global_optspecs
    string join \n config= env-file= validate-only strict output-format= h/help V/version
end

function __fish_vm_autoscale_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_vm_autoscale_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_vm_autoscale_using_subcommand
    set -l cmd (__fish_vm_autoscale_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c vm-autoscale -n "__fish_vm_autoscale_needs_command" -l config -d 'The configuration' -r -F
complete -c vm-autoscale -n "__fish_vm_autoscale_needs_command" -l env-file -d 'Variables for the configuration\'s `${NAME}`; nobody else may read the file [default: /etc/vm-autoscale/scheduler.env, where it exists]' -r -F
complete -c vm-autoscale -n "__fish_vm_autoscale_needs_command" -l output-format -d 'How answers are printed' -r -f -a "text\t'A table'
json\t'One JSON value'"
complete -c vm-autoscale -n "__fish_vm_autoscale_needs_command" -l validate-only -d 'Check the configuration, say everything that is wrong with it, and exit'
complete -c vm-autoscale -n "__fish_vm_autoscale_needs_command" -l strict -d 'With --validate-only: warnings count, too'
complete -c vm-autoscale -n "__fish_vm_autoscale_needs_command" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c vm-autoscale -n "__fish_vm_autoscale_needs_command" -s V -l version -d 'Print version'
complete -c vm-autoscale -n "__fish_vm_autoscale_needs_command" -f -a "run" -d 'Run the daemon (systemd does this)'
complete -c vm-autoscale -n "__fish_vm_autoscale_needs_command" -f -a "plan" -d 'Say what is to be done next and why, and the commands that do the same by hand. Changes nothing'
complete -c vm-autoscale -n "__fish_vm_autoscale_needs_command" -f -a "nodes" -d 'Ask every node whether it answers, how fast, how its clock is, and whether a gate guards the helper\'s key there. 1 where one does not answer'
complete -c vm-autoscale -n "__fish_vm_autoscale_needs_command" -f -a "status" -d 'Ask the running daemon what it sees and does. Exit code 1 where something is not well'
complete -c vm-autoscale -n "__fish_vm_autoscale_needs_command" -f -a "explain" -d 'Say why something is done to a VM or why nothing is: each question that is asked before a change, with its figures, and which one stopped it'
complete -c vm-autoscale -n "__fish_vm_autoscale_needs_command" -f -a "history" -d 'Tell which changes were made, what came of each, how long it took, and why'
complete -c vm-autoscale -n "__fish_vm_autoscale_needs_command" -f -a "top" -d 'Watch the VMs: who is under most pressure, how that was for a day, and what is done about it'
complete -c vm-autoscale -n "__fish_vm_autoscale_needs_command" -f -a "headroom" -d 'What each node has for who grows, who may grow there, and who would be refused'
complete -c vm-autoscale -n "__fish_vm_autoscale_needs_command" -f -a "doctor" -d 'Say of each VM whether it can be scaled, and what to type where it cannot. Changes nothing'
complete -c vm-autoscale -n "__fish_vm_autoscale_needs_command" -f -a "pause" -d 'Have the running daemon leave VMs alone, from the very next change on'
complete -c vm-autoscale -n "__fish_vm_autoscale_needs_command" -f -a "resume" -d 'End pauses'
complete -c vm-autoscale -n "__fish_vm_autoscale_needs_command" -f -a "restore" -d 'Bring a VM back to the sizes that it had before our changes, and pause it'
complete -c vm-autoscale -n "__fish_vm_autoscale_needs_command" -f -a "selftest" -d 'Try on a VM of yours whether it can be changed, and print what others need to help'
complete -c vm-autoscale -n "__fish_vm_autoscale_needs_command" -f -a "notify" -d 'Whether people would be told'
complete -c vm-autoscale -n "__fish_vm_autoscale_needs_command" -f -a "bundle" -d 'Write what is known of a VM\'s last days into one document for a bug report, without names'
complete -c vm-autoscale -n "__fish_vm_autoscale_needs_command" -f -a "replay" -d 'Play a recorded load to the planner, and sum up what comes of it'
complete -c vm-autoscale -n "__fish_vm_autoscale_needs_command" -f -a "report" -d 'What VMs used, got and gave back in a time, and what kept them from it; also as a page'
complete -c vm-autoscale -n "__fish_vm_autoscale_needs_command" -f -a "promote" -d 'Say of each VM whether enough is known for the next mode, and which line would change it. Changes nothing'
complete -c vm-autoscale -n "__fish_vm_autoscale_needs_command" -f -a "sizes-before" -d 'Print the commands that give VMs back the sizes that they had before our changes. Changes nothing'
complete -c vm-autoscale -n "__fish_vm_autoscale_needs_command" -f -a "version" -d 'Which release program, daemon and helper are of, and whether it is one'
complete -c vm-autoscale -n "__fish_vm_autoscale_needs_command" -f -a "config" -d 'What the configuration says, what holds, and what a reload would change'
complete -c vm-autoscale -n "__fish_vm_autoscale_using_subcommand run" -l config -d 'The configuration' -r -F
complete -c vm-autoscale -n "__fish_vm_autoscale_using_subcommand run" -l env-file -d 'Variables for the configuration\'s `${NAME}`; nobody else may read the file [default: /etc/vm-autoscale/scheduler.env, where it exists]' -r -F
complete -c vm-autoscale -n "__fish_vm_autoscale_using_subcommand run" -l output-format -d 'How answers are printed' -r -f -a "text\t'A table'
json\t'One JSON value'"
complete -c vm-autoscale -n "__fish_vm_autoscale_using_subcommand run" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c vm-autoscale -n "__fish_vm_autoscale_using_subcommand plan" -l control-socket -d 'The daemon\'s socket, where the files name another one than it listens on' -r -F
complete -c vm-autoscale -n "__fish_vm_autoscale_using_subcommand plan" -l config -d 'The configuration' -r -F
complete -c vm-autoscale -n "__fish_vm_autoscale_using_subcommand plan" -l env-file -d 'Variables for the configuration\'s `${NAME}`; nobody else may read the file [default: /etc/vm-autoscale/scheduler.env, where it exists]' -r -F
complete -c vm-autoscale -n "__fish_vm_autoscale_using_subcommand plan" -l output-format -d 'How answers are printed' -r -f -a "text\t'A table'
json\t'One JSON value'"
complete -c vm-autoscale -n "__fish_vm_autoscale_using_subcommand plan" -l look -d 'Look itself, also where a daemon runs'
complete -c vm-autoscale -n "__fish_vm_autoscale_using_subcommand plan" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c vm-autoscale -n "__fish_vm_autoscale_using_subcommand nodes" -l config -d 'The configuration' -r -F
complete -c vm-autoscale -n "__fish_vm_autoscale_using_subcommand nodes" -l env-file -d 'Variables for the configuration\'s `${NAME}`; nobody else may read the file [default: /etc/vm-autoscale/scheduler.env, where it exists]' -r -F
complete -c vm-autoscale -n "__fish_vm_autoscale_using_subcommand nodes" -l output-format -d 'How answers are printed' -r -f -a "text\t'A table'
json\t'One JSON value'"
complete -c vm-autoscale -n "__fish_vm_autoscale_using_subcommand nodes" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c vm-autoscale -n "__fish_vm_autoscale_using_subcommand status" -l control-socket -d 'The daemon\'s socket, where the files name another one than it listens on' -r -F
complete -c vm-autoscale -n "__fish_vm_autoscale_using_subcommand status" -l config -d 'The configuration' -r -F
complete -c vm-autoscale -n "__fish_vm_autoscale_using_subcommand status" -l env-file -d 'Variables for the configuration\'s `${NAME}`; nobody else may read the file [default: /etc/vm-autoscale/scheduler.env, where it exists]' -r -F
complete -c vm-autoscale -n "__fish_vm_autoscale_using_subcommand status" -l output-format -d 'How answers are printed' -r -f -a "text\t'A table'
json\t'One JSON value'"
complete -c vm-autoscale -n "__fish_vm_autoscale_using_subcommand status" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c vm-autoscale -n "__fish_vm_autoscale_using_subcommand explain" -l cluster -d 'The cluster, where several have such a VM' -r -f
complete -c vm-autoscale -n "__fish_vm_autoscale_using_subcommand explain" -l at -d 'How it was then: 2026-11-22T14:30:00Z, \'2026-11-22 14:30\', 14:30, \'2h ago\'' -r -f
complete -c vm-autoscale -n "__fish_vm_autoscale_using_subcommand explain" -l control-socket -d 'The daemon\'s socket, where the files name another one than it listens on' -r -F
complete -c vm-autoscale -n "__fish_vm_autoscale_using_subcommand explain" -l config -d 'The configuration' -r -F
complete -c vm-autoscale -n "__fish_vm_autoscale_using_subcommand explain" -l env-file -d 'Variables for the configuration\'s `${NAME}`; nobody else may read the file [default: /etc/vm-autoscale/scheduler.env, where it exists]' -r -F
complete -c vm-autoscale -n "__fish_vm_autoscale_using_subcommand explain" -l output-format -d 'How answers are printed' -r -f -a "text\t'A table'
json\t'One JSON value'"
complete -c vm-autoscale -n "__fish_vm_autoscale_using_subcommand explain" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c vm-autoscale -n "__fish_vm_autoscale_using_subcommand history" -l cluster -d 'Only of this cluster' -r -f
complete -c vm-autoscale -n "__fish_vm_autoscale_using_subcommand history" -l since -d 'How far back: 90s, 30m, 2h, 3d' -r -f
complete -c vm-autoscale -n "__fish_vm_autoscale_using_subcommand history" -l limit -d 'At most so many, the newest' -r -f
complete -c vm-autoscale -n "__fish_vm_autoscale_using_subcommand history" -l control-socket -d 'The daemon\'s socket, where the files name another one than it listens on' -r -F
complete -c vm-autoscale -n "__fish_vm_autoscale_using_subcommand history" -l config -d 'The configuration' -r -F
complete -c vm-autoscale -n "__fish_vm_autoscale_using_subcommand history" -l env-file -d 'Variables for the configuration\'s `${NAME}`; nobody else may read the file [default: /etc/vm-autoscale/scheduler.env, where it exists]' -r -F
complete -c vm-autoscale -n "__fish_vm_autoscale_using_subcommand history" -l output-format -d 'How answers are printed' -r -f -a "text\t'A table'
json\t'One JSON value'"
complete -c vm-autoscale -n "__fish_vm_autoscale_using_subcommand history" -l failed -d 'Only those that did not come about as they were asked for'
complete -c vm-autoscale -n "__fish_vm_autoscale_using_subcommand history" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c vm-autoscale -n "__fish_vm_autoscale_using_subcommand top" -l interval -d 'From one picture to the next' -r -f
complete -c vm-autoscale -n "__fish_vm_autoscale_using_subcommand top" -l rows -d 'So many VMs at most in such a picture' -r -f
complete -c vm-autoscale -n "__fish_vm_autoscale_using_subcommand top" -l sort -d 'What comes first; on the screen `s` changes it' -r -f -a "pressure\t'Who uses most of its vCPUs or of its memory'
cpu\t'Who uses most of its vCPUs'
memory\t'Who uses most of its memory'
blocked\t'Who is blocked, by whatever reason'
vmid\t'The lowest number'
name\t'By name'
node\t'By node'"
complete -c vm-autoscale -n "__fish_vm_autoscale_using_subcommand top" -l filter -d 'Only VMs with this in their number, name, node, mode, tags, pool or state' -r -f
complete -c vm-autoscale -n "__fish_vm_autoscale_using_subcommand top" -l control-socket -d 'The daemon\'s socket, where the files name another one than it listens on' -r -F
complete -c vm-autoscale -n "__fish_vm_autoscale_using_subcommand top" -l config -d 'The configuration' -r -F
complete -c vm-autoscale -n "__fish_vm_autoscale_using_subcommand top" -l env-file -d 'Variables for the configuration\'s `${NAME}`; nobody else may read the file [default: /etc/vm-autoscale/scheduler.env, where it exists]' -r -F
complete -c vm-autoscale -n "__fish_vm_autoscale_using_subcommand top" -l output-format -d 'How answers are printed' -r -f -a "text\t'A table'
json\t'One JSON value'"
complete -c vm-autoscale -n "__fish_vm_autoscale_using_subcommand top" -l once -d 'Print one picture and end'
complete -c vm-autoscale -n "__fish_vm_autoscale_using_subcommand top" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c vm-autoscale -n "__fish_vm_autoscale_using_subcommand headroom" -l node -d 'Only this node' -r -f
complete -c vm-autoscale -n "__fish_vm_autoscale_using_subcommand headroom" -l control-socket -d 'The daemon\'s socket, where the files name another one than it listens on' -r -F
complete -c vm-autoscale -n "__fish_vm_autoscale_using_subcommand headroom" -l config -d 'The configuration' -r -F
complete -c vm-autoscale -n "__fish_vm_autoscale_using_subcommand headroom" -l env-file -d 'Variables for the configuration\'s `${NAME}`; nobody else may read the file [default: /etc/vm-autoscale/scheduler.env, where it exists]' -r -F
complete -c vm-autoscale -n "__fish_vm_autoscale_using_subcommand headroom" -l output-format -d 'How answers are printed' -r -f -a "text\t'A table'
json\t'One JSON value'"
complete -c vm-autoscale -n "__fish_vm_autoscale_using_subcommand headroom" -l all -d 'Also each VM that does not grow whatever its node has, and why'
complete -c vm-autoscale -n "__fish_vm_autoscale_using_subcommand headroom" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c vm-autoscale -n "__fish_vm_autoscale_using_subcommand doctor" -l cluster -d 'Only VMs of this cluster' -r -f
complete -c vm-autoscale -n "__fish_vm_autoscale_using_subcommand doctor" -l fix-script -d 'Write what `qm set` would have to set as a shell script, which nobody has run yet, into this new file' -r -F
complete -c vm-autoscale -n "__fish_vm_autoscale_using_subcommand doctor" -l code -d 'Print what this finding means, and ask nobody' -r -f
complete -c vm-autoscale -n "__fish_vm_autoscale_using_subcommand doctor" -l control-socket -d 'The daemon\'s socket, where the files name another one than it listens on' -r -F
complete -c vm-autoscale -n "__fish_vm_autoscale_using_subcommand doctor" -l config -d 'The configuration' -r -F
complete -c vm-autoscale -n "__fish_vm_autoscale_using_subcommand doctor" -l env-file -d 'Variables for the configuration\'s `${NAME}`; nobody else may read the file [default: /etc/vm-autoscale/scheduler.env, where it exists]' -r -F
complete -c vm-autoscale -n "__fish_vm_autoscale_using_subcommand doctor" -l output-format -d 'How answers are printed' -r -f -a "text\t'A table'
json\t'One JSON value'"
complete -c vm-autoscale -n "__fish_vm_autoscale_using_subcommand doctor" -l strict -d 'Warnings count, too: exit code 4 where there are some'
complete -c vm-autoscale -n "__fish_vm_autoscale_using_subcommand doctor" -l codes -d 'Print what each finding means, and ask nobody'
complete -c vm-autoscale -n "__fish_vm_autoscale_using_subcommand doctor" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c vm-autoscale -n "__fish_vm_autoscale_using_subcommand pause" -l for -d 'It ends by itself after this: 90s, 30m, 2h, 3d. Without it, it holds until resumed' -r -f
complete -c vm-autoscale -n "__fish_vm_autoscale_using_subcommand pause" -l reason -d 'Why: whoever looks at the status reads it' -r -f
complete -c vm-autoscale -n "__fish_vm_autoscale_using_subcommand pause" -l control-socket -d 'The daemon\'s socket, where the files name another one than it listens on' -r -F
complete -c vm-autoscale -n "__fish_vm_autoscale_using_subcommand pause" -l config -d 'The configuration' -r -F
complete -c vm-autoscale -n "__fish_vm_autoscale_using_subcommand pause" -l env-file -d 'Variables for the configuration\'s `${NAME}`; nobody else may read the file [default: /etc/vm-autoscale/scheduler.env, where it exists]' -r -F
complete -c vm-autoscale -n "__fish_vm_autoscale_using_subcommand pause" -l output-format -d 'How answers are printed' -r -f -a "text\t'A table'
json\t'One JSON value'"
complete -c vm-autoscale -n "__fish_vm_autoscale_using_subcommand pause" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c vm-autoscale -n "__fish_vm_autoscale_using_subcommand resume" -l control-socket -d 'The daemon\'s socket, where the files name another one than it listens on' -r -F
complete -c vm-autoscale -n "__fish_vm_autoscale_using_subcommand resume" -l config -d 'The configuration' -r -F
complete -c vm-autoscale -n "__fish_vm_autoscale_using_subcommand resume" -l env-file -d 'Variables for the configuration\'s `${NAME}`; nobody else may read the file [default: /etc/vm-autoscale/scheduler.env, where it exists]' -r -F
complete -c vm-autoscale -n "__fish_vm_autoscale_using_subcommand resume" -l output-format -d 'How answers are printed' -r -f -a "text\t'A table'
json\t'One JSON value'"
complete -c vm-autoscale -n "__fish_vm_autoscale_using_subcommand resume" -l all -d 'Every pause'
complete -c vm-autoscale -n "__fish_vm_autoscale_using_subcommand resume" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c vm-autoscale -n "__fish_vm_autoscale_using_subcommand restore" -l cluster -d 'The cluster, where several have such a VM' -r -f
complete -c vm-autoscale -n "__fish_vm_autoscale_using_subcommand restore" -l control-socket -d 'The daemon\'s socket, where the files name another one than it listens on' -r -F
complete -c vm-autoscale -n "__fish_vm_autoscale_using_subcommand restore" -l config -d 'The configuration' -r -F
complete -c vm-autoscale -n "__fish_vm_autoscale_using_subcommand restore" -l env-file -d 'Variables for the configuration\'s `${NAME}`; nobody else may read the file [default: /etc/vm-autoscale/scheduler.env, where it exists]' -r -F
complete -c vm-autoscale -n "__fish_vm_autoscale_using_subcommand restore" -l output-format -d 'How answers are printed' -r -f -a "text\t'A table'
json\t'One JSON value'"
complete -c vm-autoscale -n "__fish_vm_autoscale_using_subcommand restore" -l yes -d 'Do it, and not only show it'
complete -c vm-autoscale -n "__fish_vm_autoscale_using_subcommand restore" -l cancel -d 'Take the order back; a step under way goes on to its end'
complete -c vm-autoscale -n "__fish_vm_autoscale_using_subcommand restore" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c vm-autoscale -n "__fish_vm_autoscale_using_subcommand selftest" -l vm -d 'A VM of yours that may be tried on' -r -f -a "(vm-autoscale __vmids 2>/dev/null)"
complete -c vm-autoscale -n "__fish_vm_autoscale_using_subcommand selftest" -l cluster -d 'The cluster, where several have such a VM' -r -f
complete -c vm-autoscale -n "__fish_vm_autoscale_using_subcommand selftest" -l control-socket -d 'The daemon\'s socket, where the files name another one than it listens on' -r -F
complete -c vm-autoscale -n "__fish_vm_autoscale_using_subcommand selftest" -l config -d 'The configuration' -r -F
complete -c vm-autoscale -n "__fish_vm_autoscale_using_subcommand selftest" -l env-file -d 'Variables for the configuration\'s `${NAME}`; nobody else may read the file [default: /etc/vm-autoscale/scheduler.env, where it exists]' -r -F
complete -c vm-autoscale -n "__fish_vm_autoscale_using_subcommand selftest" -l output-format -d 'How answers are printed' -r -f -a "text\t'A table'
json\t'One JSON value'"
complete -c vm-autoscale -n "__fish_vm_autoscale_using_subcommand selftest" -l yes -d 'Do it, and not only show it'
complete -c vm-autoscale -n "__fish_vm_autoscale_using_subcommand selftest" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c vm-autoscale -n "__fish_vm_autoscale_using_subcommand notify; and not __fish_seen_subcommand_from test" -l config -d 'The configuration' -r -F
complete -c vm-autoscale -n "__fish_vm_autoscale_using_subcommand notify; and not __fish_seen_subcommand_from test" -l env-file -d 'Variables for the configuration\'s `${NAME}`; nobody else may read the file [default: /etc/vm-autoscale/scheduler.env, where it exists]' -r -F
complete -c vm-autoscale -n "__fish_vm_autoscale_using_subcommand notify; and not __fish_seen_subcommand_from test" -l output-format -d 'How answers are printed' -r -f -a "text\t'A table'
json\t'One JSON value'"
complete -c vm-autoscale -n "__fish_vm_autoscale_using_subcommand notify; and not __fish_seen_subcommand_from test" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c vm-autoscale -n "__fish_vm_autoscale_using_subcommand notify; and not __fish_seen_subcommand_from test" -f -a "test" -d 'Send a test message by every channel, and say of each whether its server took it'
complete -c vm-autoscale -n "__fish_vm_autoscale_using_subcommand notify; and __fish_seen_subcommand_from test" -l channel -d 'Only this one: mail, gotify, ntfy, webhook, `uptime_kuma_url` or `healthchecks_url`' -r -f
complete -c vm-autoscale -n "__fish_vm_autoscale_using_subcommand notify; and __fish_seen_subcommand_from test" -l control-socket -d 'The daemon\'s socket, where the files name another one than it listens on' -r -F
complete -c vm-autoscale -n "__fish_vm_autoscale_using_subcommand notify; and __fish_seen_subcommand_from test" -l config -d 'The configuration' -r -F
complete -c vm-autoscale -n "__fish_vm_autoscale_using_subcommand notify; and __fish_seen_subcommand_from test" -l env-file -d 'Variables for the configuration\'s `${NAME}`; nobody else may read the file [default: /etc/vm-autoscale/scheduler.env, where it exists]' -r -F
complete -c vm-autoscale -n "__fish_vm_autoscale_using_subcommand notify; and __fish_seen_subcommand_from test" -l output-format -d 'How answers are printed' -r -f -a "text\t'A table'
json\t'One JSON value'"
complete -c vm-autoscale -n "__fish_vm_autoscale_using_subcommand notify; and __fish_seen_subcommand_from test" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c vm-autoscale -n "__fish_vm_autoscale_using_subcommand bundle" -l cluster -d 'The VM\'s cluster, where several have that number' -r -f
complete -c vm-autoscale -n "__fish_vm_autoscale_using_subcommand bundle" -l since -d 'From so long ago on, at most 366d' -r -f
complete -c vm-autoscale -n "__fish_vm_autoscale_using_subcommand bundle" -l control-socket -d 'The daemon\'s socket, where the files name another one than it listens on' -r -F
complete -c vm-autoscale -n "__fish_vm_autoscale_using_subcommand bundle" -l config -d 'The configuration' -r -F
complete -c vm-autoscale -n "__fish_vm_autoscale_using_subcommand bundle" -l env-file -d 'Variables for the configuration\'s `${NAME}`; nobody else may read the file [default: /etc/vm-autoscale/scheduler.env, where it exists]' -r -F
complete -c vm-autoscale -n "__fish_vm_autoscale_using_subcommand bundle" -l output-format -d 'How answers are printed' -r -f -a "text\t'A table'
json\t'One JSON value'"
complete -c vm-autoscale -n "__fish_vm_autoscale_using_subcommand bundle" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c vm-autoscale -n "__fish_vm_autoscale_using_subcommand replay" -l trace -d 'A recorded load: CSV, plain or gzip, with the columns `vm_id,t_s,cpu_cores_used,vcpus,mem_used_mb,mem_total_mb`' -r -F
complete -c vm-autoscale -n "__fish_vm_autoscale_using_subcommand replay" -l vm -d 'What the journal has of this VM, whether the daemon runs or not' -r -f -a "(vm-autoscale __vmids 2>/dev/null)"
complete -c vm-autoscale -n "__fish_vm_autoscale_using_subcommand replay" -l bundle -d 'What `vm-autoscale bundle` wrote; its settings hold unless --config names others' -r -F
complete -c vm-autoscale -n "__fish_vm_autoscale_using_subcommand replay" -l policy -d 'Who decides [default: what the configuration says]' -r -f -a "adaptive\t'Each VM\'s own use of late'
threshold\t'High and low marks'
static\t'Nobody: VMs stay as they are'"
complete -c vm-autoscale -n "__fish_vm_autoscale_using_subcommand replay" -l profile -d 'Shipped figures, for those that the configuration says' -r -f
complete -c vm-autoscale -n "__fish_vm_autoscale_using_subcommand replay" -l cluster -d 'The VM\'s cluster, where several have that number' -r -f
complete -c vm-autoscale -n "__fish_vm_autoscale_using_subcommand replay" -l since -d 'From so long ago on, at most 366d' -r -f
complete -c vm-autoscale -n "__fish_vm_autoscale_using_subcommand replay" -l tick -d 'Between two samples: 1s to 30s' -r -f
complete -c vm-autoscale -n "__fish_vm_autoscale_using_subcommand replay" -l days -d 'Only the first days of the trace' -r -f
complete -c vm-autoscale -n "__fish_vm_autoscale_using_subcommand replay" -l warmup -d 'Time at the start that no figure counts [default: 1d of at least five days, 1h of at least half a day]' -r -f
complete -c vm-autoscale -n "__fish_vm_autoscale_using_subcommand replay" -l mem-cache-fill -d 'Share of the guests\' free memory that Proxmox would see as used, 0 to 1: page cache' -r -f
complete -c vm-autoscale -n "__fish_vm_autoscale_using_subcommand replay" -l hosts -d 'Have the VMs share so many hosts, smaller than the VMs together' -r -f
complete -c vm-autoscale -n "__fish_vm_autoscale_using_subcommand replay" -l host-cpu-frac -d 'Cores of a host, as a share of its VMs\' vCPUs' -r -f
complete -c vm-autoscale -n "__fish_vm_autoscale_using_subcommand replay" -l host-mem-frac -d 'Memory of a host, as a share of its VMs\'' -r -f
complete -c vm-autoscale -n "__fish_vm_autoscale_using_subcommand replay" -l config -d 'The configuration' -r -F
complete -c vm-autoscale -n "__fish_vm_autoscale_using_subcommand replay" -l env-file -d 'Variables for the configuration\'s `${NAME}`; nobody else may read the file [default: /etc/vm-autoscale/scheduler.env, where it exists]' -r -F
complete -c vm-autoscale -n "__fish_vm_autoscale_using_subcommand replay" -l output-format -d 'How answers are printed' -r -f -a "text\t'A table'
json\t'One JSON value'"
complete -c vm-autoscale -n "__fish_vm_autoscale_using_subcommand replay" -l pipe -d 'Be a policy of a simulator: one JSON object a line, in and out'
complete -c vm-autoscale -n "__fish_vm_autoscale_using_subcommand replay" -l shares-mix -d 'Give the VMs weights of 500, 1000 and 2000'
complete -c vm-autoscale -n "__fish_vm_autoscale_using_subcommand replay" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c vm-autoscale -n "__fish_vm_autoscale_using_subcommand report" -l since -d 'From then on: so long ago (90m, 12h, 7d), or a time of this machine\'s clock (2026-07-01, or \'2026-07-01 08:00\')' -r -f
complete -c vm-autoscale -n "__fish_vm_autoscale_using_subcommand report" -l until -d 'Up to then [default: now]' -r -f
complete -c vm-autoscale -n "__fish_vm_autoscale_using_subcommand report" -l vm -d 'Only these VMs' -r -f -a "(vm-autoscale __vmids 2>/dev/null)"
complete -c vm-autoscale -n "__fish_vm_autoscale_using_subcommand report" -l html -d 'Also write it as a page with charts, which loads nothing from anywhere' -r -F
complete -c vm-autoscale -n "__fish_vm_autoscale_using_subcommand report" -l control-socket -d 'The daemon\'s socket, where the files name another one than it listens on' -r -F
complete -c vm-autoscale -n "__fish_vm_autoscale_using_subcommand report" -l config -d 'The configuration' -r -F
complete -c vm-autoscale -n "__fish_vm_autoscale_using_subcommand report" -l env-file -d 'Variables for the configuration\'s `${NAME}`; nobody else may read the file [default: /etc/vm-autoscale/scheduler.env, where it exists]' -r -F
complete -c vm-autoscale -n "__fish_vm_autoscale_using_subcommand report" -l output-format -d 'How answers are printed' -r -f -a "text\t'A table'
json\t'One JSON value'"
complete -c vm-autoscale -n "__fish_vm_autoscale_using_subcommand report" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c vm-autoscale -n "__fish_vm_autoscale_using_subcommand promote" -l since -d 'By what happened since then, at most' -r -f
complete -c vm-autoscale -n "__fish_vm_autoscale_using_subcommand promote" -l control-socket -d 'The daemon\'s socket, where the files name another one than it listens on' -r -F
complete -c vm-autoscale -n "__fish_vm_autoscale_using_subcommand promote" -l config -d 'The configuration' -r -F
complete -c vm-autoscale -n "__fish_vm_autoscale_using_subcommand promote" -l env-file -d 'Variables for the configuration\'s `${NAME}`; nobody else may read the file [default: /etc/vm-autoscale/scheduler.env, where it exists]' -r -F
complete -c vm-autoscale -n "__fish_vm_autoscale_using_subcommand promote" -l output-format -d 'How answers are printed' -r -f -a "text\t'A table'
json\t'One JSON value'"
complete -c vm-autoscale -n "__fish_vm_autoscale_using_subcommand promote" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c vm-autoscale -n "__fish_vm_autoscale_using_subcommand sizes-before" -l config -d 'The configuration' -r -F
complete -c vm-autoscale -n "__fish_vm_autoscale_using_subcommand sizes-before" -l env-file -d 'Variables for the configuration\'s `${NAME}`; nobody else may read the file [default: /etc/vm-autoscale/scheduler.env, where it exists]' -r -F
complete -c vm-autoscale -n "__fish_vm_autoscale_using_subcommand sizes-before" -l output-format -d 'How answers are printed' -r -f -a "text\t'A table'
json\t'One JSON value'"
complete -c vm-autoscale -n "__fish_vm_autoscale_using_subcommand sizes-before" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c vm-autoscale -n "__fish_vm_autoscale_using_subcommand version" -l control-socket -d 'The daemon\'s socket, where the files name another one than it listens on' -r -F
complete -c vm-autoscale -n "__fish_vm_autoscale_using_subcommand version" -l config -d 'The configuration' -r -F
complete -c vm-autoscale -n "__fish_vm_autoscale_using_subcommand version" -l env-file -d 'Variables for the configuration\'s `${NAME}`; nobody else may read the file [default: /etc/vm-autoscale/scheduler.env, where it exists]' -r -F
complete -c vm-autoscale -n "__fish_vm_autoscale_using_subcommand version" -l output-format -d 'How answers are printed' -r -f -a "text\t'A table'
json\t'One JSON value'"
complete -c vm-autoscale -n "__fish_vm_autoscale_using_subcommand version" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c vm-autoscale -n "__fish_vm_autoscale_using_subcommand config; and not __fish_seen_subcommand_from show diff" -l config -d 'The configuration' -r -F
complete -c vm-autoscale -n "__fish_vm_autoscale_using_subcommand config; and not __fish_seen_subcommand_from show diff" -l env-file -d 'Variables for the configuration\'s `${NAME}`; nobody else may read the file [default: /etc/vm-autoscale/scheduler.env, where it exists]' -r -F
complete -c vm-autoscale -n "__fish_vm_autoscale_using_subcommand config; and not __fish_seen_subcommand_from show diff" -l output-format -d 'How answers are printed' -r -f -a "text\t'A table'
json\t'One JSON value'"
complete -c vm-autoscale -n "__fish_vm_autoscale_using_subcommand config; and not __fish_seen_subcommand_from show diff" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c vm-autoscale -n "__fish_vm_autoscale_using_subcommand config; and not __fish_seen_subcommand_from show diff" -f -a "show" -d 'Every value with the file, line and column that set it'
complete -c vm-autoscale -n "__fish_vm_autoscale_using_subcommand config; and not __fish_seen_subcommand_from show diff" -f -a "diff" -d 'What the files say differently from what the daemon runs with'
complete -c vm-autoscale -n "__fish_vm_autoscale_using_subcommand config; and __fish_seen_subcommand_from show" -l vm -d 'What holds for this VM. What is known of it is asked of the daemon, unless it is said here' -r -f -a "(vm-autoscale __vmids 2>/dev/null)"
complete -c vm-autoscale -n "__fish_vm_autoscale_using_subcommand config; and __fish_seen_subcommand_from show" -l cluster -d 'The cluster, where several have such a VM' -r -f
complete -c vm-autoscale -n "__fish_vm_autoscale_using_subcommand config; and __fish_seen_subcommand_from show" -l node -d 'As if it were on this node' -r -f
complete -c vm-autoscale -n "__fish_vm_autoscale_using_subcommand config; and __fish_seen_subcommand_from show" -l name -d 'As if it had this name' -r -f
complete -c vm-autoscale -n "__fish_vm_autoscale_using_subcommand config; and __fish_seen_subcommand_from show" -l tags -d 'As if it had these tags, separated by commas' -r -f
complete -c vm-autoscale -n "__fish_vm_autoscale_using_subcommand config; and __fish_seen_subcommand_from show" -l pool -d 'As if it were in this pool' -r -f
complete -c vm-autoscale -n "__fish_vm_autoscale_using_subcommand config; and __fish_seen_subcommand_from show" -l config -d 'The configuration' -r -F
complete -c vm-autoscale -n "__fish_vm_autoscale_using_subcommand config; and __fish_seen_subcommand_from show" -l env-file -d 'Variables for the configuration\'s `${NAME}`; nobody else may read the file [default: /etc/vm-autoscale/scheduler.env, where it exists]' -r -F
complete -c vm-autoscale -n "__fish_vm_autoscale_using_subcommand config; and __fish_seen_subcommand_from show" -l output-format -d 'How answers are printed' -r -f -a "text\t'A table'
json\t'One JSON value'"
complete -c vm-autoscale -n "__fish_vm_autoscale_using_subcommand config; and __fish_seen_subcommand_from show" -l effective -d 'Also what holds by default, layer by layer'
complete -c vm-autoscale -n "__fish_vm_autoscale_using_subcommand config; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c vm-autoscale -n "__fish_vm_autoscale_using_subcommand config; and __fish_seen_subcommand_from diff" -l control-socket -d 'The daemon\'s socket, where the files name another one than it listens on' -r -F
complete -c vm-autoscale -n "__fish_vm_autoscale_using_subcommand config; and __fish_seen_subcommand_from diff" -l config -d 'The configuration' -r -F
complete -c vm-autoscale -n "__fish_vm_autoscale_using_subcommand config; and __fish_seen_subcommand_from diff" -l env-file -d 'Variables for the configuration\'s `${NAME}`; nobody else may read the file [default: /etc/vm-autoscale/scheduler.env, where it exists]' -r -F
complete -c vm-autoscale -n "__fish_vm_autoscale_using_subcommand config; and __fish_seen_subcommand_from diff" -l output-format -d 'How answers are printed' -r -f -a "text\t'A table'
json\t'One JSON value'"
complete -c vm-autoscale -n "__fish_vm_autoscale_using_subcommand config; and __fish_seen_subcommand_from diff" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c vm-autoscale -n "__fish_vm_autoscale_using_subcommand status" -f -a "(vm-autoscale __vmids 2>/dev/null)"
complete -c vm-autoscale -n "__fish_vm_autoscale_using_subcommand explain" -f -a "(vm-autoscale __vmids 2>/dev/null)"
complete -c vm-autoscale -n "__fish_vm_autoscale_using_subcommand history" -f -a "(vm-autoscale __vmids 2>/dev/null)"
complete -c vm-autoscale -n "__fish_vm_autoscale_using_subcommand doctor" -f -a "(vm-autoscale __vmids 2>/dev/null)"
complete -c vm-autoscale -n "__fish_vm_autoscale_using_subcommand pause" -f -a "(vm-autoscale __vmids 2>/dev/null)"
complete -c vm-autoscale -n "__fish_vm_autoscale_using_subcommand restore" -f -a "(vm-autoscale __vmids 2>/dev/null)"
complete -c vm-autoscale -n "__fish_vm_autoscale_using_subcommand bundle" -f -a "(vm-autoscale __vmids 2>/dev/null)"
complete -c vm-autoscale -n "__fish_vm_autoscale_using_subcommand promote" -f -a "(vm-autoscale __vmids 2>/dev/null)"
