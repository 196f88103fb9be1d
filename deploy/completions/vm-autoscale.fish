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
complete -c vm-autoscale -n "__fish_vm_autoscale_needs_command" -f -a "plan" -d 'Look once and say what would be done and why. Changes nothing'
complete -c vm-autoscale -n "__fish_vm_autoscale_needs_command" -f -a "nodes" -d 'Ask every node whether it answers, how fast, how its clock is, and whether a gate guards the helper\'s key there. 1 where one does not answer'
complete -c vm-autoscale -n "__fish_vm_autoscale_needs_command" -f -a "status" -d 'Ask the running daemon what it sees and does. Exit code 1 where something is not well'
complete -c vm-autoscale -n "__fish_vm_autoscale_needs_command" -f -a "pause" -d 'Have the running daemon leave VMs alone, from the very next change on'
complete -c vm-autoscale -n "__fish_vm_autoscale_needs_command" -f -a "resume" -d 'End pauses'
complete -c vm-autoscale -n "__fish_vm_autoscale_needs_command" -f -a "replay" -d 'Play a recorded load to the planner, and sum up what comes of it'
complete -c vm-autoscale -n "__fish_vm_autoscale_needs_command" -f -a "sizes-before" -d 'Print the commands that give VMs back the sizes that they had before our changes. Changes nothing'
complete -c vm-autoscale -n "__fish_vm_autoscale_needs_command" -f -a "config" -d 'What the configuration says, what holds, and what a reload would change'
complete -c vm-autoscale -n "__fish_vm_autoscale_using_subcommand run" -l config -d 'The configuration' -r -F
complete -c vm-autoscale -n "__fish_vm_autoscale_using_subcommand run" -l env-file -d 'Variables for the configuration\'s `${NAME}`; nobody else may read the file [default: /etc/vm-autoscale/scheduler.env, where it exists]' -r -F
complete -c vm-autoscale -n "__fish_vm_autoscale_using_subcommand run" -l output-format -d 'How answers are printed' -r -f -a "text\t'A table'
json\t'One JSON value'"
complete -c vm-autoscale -n "__fish_vm_autoscale_using_subcommand run" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c vm-autoscale -n "__fish_vm_autoscale_using_subcommand plan" -l config -d 'The configuration' -r -F
complete -c vm-autoscale -n "__fish_vm_autoscale_using_subcommand plan" -l env-file -d 'Variables for the configuration\'s `${NAME}`; nobody else may read the file [default: /etc/vm-autoscale/scheduler.env, where it exists]' -r -F
complete -c vm-autoscale -n "__fish_vm_autoscale_using_subcommand plan" -l output-format -d 'How answers are printed' -r -f -a "text\t'A table'
json\t'One JSON value'"
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
complete -c vm-autoscale -n "__fish_vm_autoscale_using_subcommand replay" -l trace -d 'A recorded load: CSV, plain or gzip, with the columns `vm_id,t_s,cpu_cores_used,vcpus,mem_used_mb,mem_total_mb`' -r -F
complete -c vm-autoscale -n "__fish_vm_autoscale_using_subcommand replay" -l vm -d 'What the journal has of this VM, whether the daemon runs or not' -r -f -a "(vm-autoscale __vmids 2>/dev/null)"
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
complete -c vm-autoscale -n "__fish_vm_autoscale_using_subcommand sizes-before" -l config -d 'The configuration' -r -F
complete -c vm-autoscale -n "__fish_vm_autoscale_using_subcommand sizes-before" -l env-file -d 'Variables for the configuration\'s `${NAME}`; nobody else may read the file [default: /etc/vm-autoscale/scheduler.env, where it exists]' -r -F
complete -c vm-autoscale -n "__fish_vm_autoscale_using_subcommand sizes-before" -l output-format -d 'How answers are printed' -r -f -a "text\t'A table'
json\t'One JSON value'"
complete -c vm-autoscale -n "__fish_vm_autoscale_using_subcommand sizes-before" -s h -l help -d 'Print help (see more with \'--help\')'
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
complete -c vm-autoscale -n "__fish_vm_autoscale_using_subcommand pause" -f -a "(vm-autoscale __vmids 2>/dev/null)"
