# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_vm_autoscale_setup_global_optspecs
    string join \n h/help V/version
end

function __fish_vm_autoscale_setup_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_vm_autoscale_setup_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_vm_autoscale_setup_using_subcommand
    set -l cmd (__fish_vm_autoscale_setup_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c vm-autoscale-setup -n "__fish_vm_autoscale_setup_needs_command" -s h -l help -d 'Print help'
complete -c vm-autoscale-setup -n "__fish_vm_autoscale_setup_needs_command" -s V -l version -d 'Print version'
complete -c vm-autoscale-setup -n "__fish_vm_autoscale_setup_needs_command" -f -a "install" -d 'Put everything in its place. Run again, it mends what is missing and keeps what you edited'
complete -c vm-autoscale-setup -n "__fish_vm_autoscale_setup_needs_command" -f -a "trust-host" -d 'Fetch a node\'s host keys, show their fingerprints, and pin those that you confirm'
complete -c vm-autoscale-setup -n "__fish_vm_autoscale_setup_needs_command" -f -a "authorize" -d 'Let the helper\'s key in at a node, for the commands of vm-autoscale alone, and prove it'
complete -c vm-autoscale-setup -n "__fish_vm_autoscale_setup_needs_command" -f -a "rotate-key" -d 'Give nodes a new key, and take the old one away once the new one is proven'
complete -c vm-autoscale-setup -n "__fish_vm_autoscale_setup_needs_command" -f -a "check" -d 'Look whether everything is as it should be, and say what is not'
complete -c vm-autoscale-setup -n "__fish_vm_autoscale_setup_needs_command" -f -a "uninstall" -d 'Take away what install put there'
complete -c vm-autoscale-setup -n "__fish_vm_autoscale_setup_needs_command" -f -a "import" -d 'Turn the configuration of the Python program proxmox-vm-autoscale, or of its secure fork, into a config.yaml and a helper.yaml, and say of every key what became of it'
complete -c vm-autoscale-setup -n "__fish_vm_autoscale_setup_using_subcommand install" -l from -d 'The unpacked release; without it, the one that this program stands in' -r -F
complete -c vm-autoscale-setup -n "__fish_vm_autoscale_setup_using_subcommand install" -l root -d 'Install into an image that is unpacked there, and leave this machine alone' -r -F
complete -c vm-autoscale-setup -n "__fish_vm_autoscale_setup_using_subcommand install" -l answers -d 'A YAML file of answers, with the keys `cluster`, `user`, `nodes`, `vms`, `max_vcpus`, `max_memory`, `start_at_boot` and `audit`; flags hold over it' -r -F
complete -c vm-autoscale-setup -n "__fish_vm_autoscale_setup_using_subcommand install" -l cluster -d 'What the scheduler is to call the cluster' -r -f
complete -c vm-autoscale-setup -n "__fish_vm_autoscale_setup_using_subcommand install" -l node -d 'A node of it. Can be given again' -r -f
complete -c vm-autoscale-setup -n "__fish_vm_autoscale_setup_using_subcommand install" -l vms -d 'The VMs that may be changed: numbers and ranges' -r -f
complete -c vm-autoscale-setup -n "__fish_vm_autoscale_setup_using_subcommand install" -l max-vcpus -d 'vCPUs that each of them may have at most' -r -f
complete -c vm-autoscale-setup -n "__fish_vm_autoscale_setup_using_subcommand install" -l max-memory -d 'MiB of memory that each of them may have at most' -r -f
complete -c vm-autoscale-setup -n "__fish_vm_autoscale_setup_using_subcommand install" -l output-format -d 'How the answer is printed' -r -f -a "text\t'A table'
json\t'One JSON value'"
complete -c vm-autoscale-setup -n "__fish_vm_autoscale_setup_using_subcommand install" -l dry-run -d 'Only say what would be done'
complete -c vm-autoscale-setup -n "__fish_vm_autoscale_setup_using_subcommand install" -l no-start-at-boot -d 'Leave it to you when the daemons start'
complete -c vm-autoscale-setup -n "__fish_vm_autoscale_setup_using_subcommand install" -l audit -d 'Also put the rules for auditd to their place'
complete -c vm-autoscale-setup -n "__fish_vm_autoscale_setup_using_subcommand install" -l downgrade -d 'Install an older release over a newer one'
complete -c vm-autoscale-setup -n "__fish_vm_autoscale_setup_using_subcommand install" -l packaged -d 'The files are dpkg\'s: do the rest. What the package\'s own script calls'
complete -c vm-autoscale-setup -n "__fish_vm_autoscale_setup_using_subcommand install" -l yes -d 'Ask nothing'
complete -c vm-autoscale-setup -n "__fish_vm_autoscale_setup_using_subcommand install" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c vm-autoscale-setup -n "__fish_vm_autoscale_setup_using_subcommand trust-host" -l fingerprint -d 'Pin the key with this fingerprint and ask nothing. Can be given again' -r -f
complete -c vm-autoscale-setup -n "__fish_vm_autoscale_setup_using_subcommand trust-host" -l from-node -d 'Take over the keys of the cluster\'s other nodes from this one, which is pinned already' -r -f
complete -c vm-autoscale-setup -n "__fish_vm_autoscale_setup_using_subcommand trust-host" -l ssh -d 'Your own way into that node, as root' -r -f
complete -c vm-autoscale-setup -n "__fish_vm_autoscale_setup_using_subcommand trust-host" -l config -d 'The helper\'s configuration: it says where the pins are' -r -F
complete -c vm-autoscale-setup -n "__fish_vm_autoscale_setup_using_subcommand trust-host" -l output-format -d 'How the answer is printed' -r -f -a "text\t'A table'
json\t'One JSON value'"
complete -c vm-autoscale-setup -n "__fish_vm_autoscale_setup_using_subcommand trust-host" -l replace -d 'Put the key that the node shows now in the place of the one that is pinned'
complete -c vm-autoscale-setup -n "__fish_vm_autoscale_setup_using_subcommand trust-host" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c vm-autoscale-setup -n "__fish_vm_autoscale_setup_using_subcommand authorize" -l ssh -d 'Your own way in as root: put the gate and the line there, and prove that they work' -r -f
complete -c vm-autoscale-setup -n "__fish_vm_autoscale_setup_using_subcommand authorize" -l from -d 'The address that this machine has for the node, where it is not the one that it has here. Can be given again' -r -f
complete -c vm-autoscale-setup -n "__fish_vm_autoscale_setup_using_subcommand authorize" -l gate -d 'The gate\'s program, to be copied to the node' -r -F
complete -c vm-autoscale-setup -n "__fish_vm_autoscale_setup_using_subcommand authorize" -l config -d 'The helper\'s configuration' -r -F
complete -c vm-autoscale-setup -n "__fish_vm_autoscale_setup_using_subcommand authorize" -l output-format -d 'How the answer is printed' -r -f -a "text\t'A table'
json\t'One JSON value'"
complete -c vm-autoscale-setup -n "__fish_vm_autoscale_setup_using_subcommand authorize" -l remove -d 'Take the line away again, and the gate where no other line needs it'
complete -c vm-autoscale-setup -n "__fish_vm_autoscale_setup_using_subcommand authorize" -l local -d 'This machine is the node: do it here'
complete -c vm-autoscale-setup -n "__fish_vm_autoscale_setup_using_subcommand authorize" -l no-gate -d 'Without the gate: whoever has the key has a root shell on the node'
complete -c vm-autoscale-setup -n "__fish_vm_autoscale_setup_using_subcommand authorize" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c vm-autoscale-setup -n "__fish_vm_autoscale_setup_using_subcommand rotate-key" -l ssh -d 'Your own way in as root: `NODE=[USER@]HOST`, `root@` for every node\'s own address, or `[USER@]HOST` where there is one node. Can be given again. Without one, the lines are printed' -r -f
complete -c vm-autoscale-setup -n "__fish_vm_autoscale_setup_using_subcommand rotate-key" -l from -d 'The address that this machine has for the node, where it is not the one that it has here. Can be given again' -r -f
complete -c vm-autoscale-setup -n "__fish_vm_autoscale_setup_using_subcommand rotate-key" -l gate -d 'The gate\'s program, to be copied to the node' -r -F
complete -c vm-autoscale-setup -n "__fish_vm_autoscale_setup_using_subcommand rotate-key" -l config -d 'The helper\'s configuration' -r -F
complete -c vm-autoscale-setup -n "__fish_vm_autoscale_setup_using_subcommand rotate-key" -l output-format -d 'How the answer is printed' -r -f -a "text\t'A table'
json\t'One JSON value'"
complete -c vm-autoscale-setup -n "__fish_vm_autoscale_setup_using_subcommand rotate-key" -l all -d 'The keys of all nodes'
complete -c vm-autoscale-setup -n "__fish_vm_autoscale_setup_using_subcommand rotate-key" -l no-gate -d 'Without the gate: whoever has the key has a root shell on the node'
complete -c vm-autoscale-setup -n "__fish_vm_autoscale_setup_using_subcommand rotate-key" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c vm-autoscale-setup -n "__fish_vm_autoscale_setup_using_subcommand check" -l member -d 'Who belongs into the groups vm-autoscale and vm-autoscale-admin. Can be given again' -r -f
complete -c vm-autoscale-setup -n "__fish_vm_autoscale_setup_using_subcommand check" -l output-format -d 'How the answer is printed' -r -f -a "text\t'A table'
json\t'One JSON value'"
complete -c vm-autoscale-setup -n "__fish_vm_autoscale_setup_using_subcommand check" -l strict -d 'Warnings count, too'
complete -c vm-autoscale-setup -n "__fish_vm_autoscale_setup_using_subcommand check" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c vm-autoscale-setup -n "__fish_vm_autoscale_setup_using_subcommand uninstall" -l root -d 'Take it out of an image that is unpacked there, and leave this machine alone' -r -F
complete -c vm-autoscale-setup -n "__fish_vm_autoscale_setup_using_subcommand uninstall" -l ssh -d 'Your own way in to a node, as root, for --nodes. Can be given again' -r -f
complete -c vm-autoscale-setup -n "__fish_vm_autoscale_setup_using_subcommand uninstall" -l output-format -d 'How the answer is printed' -r -f -a "text\t'A table'
json\t'One JSON value'"
complete -c vm-autoscale-setup -n "__fish_vm_autoscale_setup_using_subcommand uninstall" -l purge -d 'Also remove what you edited, the keys, the journal, the logs, the user and the groups'
complete -c vm-autoscale-setup -n "__fish_vm_autoscale_setup_using_subcommand uninstall" -l restore-vms -d 'Before anything else, print the commands that give every VM back the size that it had before the first change in the journal. Without --yes nothing else is done'
complete -c vm-autoscale-setup -n "__fish_vm_autoscale_setup_using_subcommand uninstall" -l nodes -d 'Before that, take our line and the gate from the nodes'
complete -c vm-autoscale-setup -n "__fish_vm_autoscale_setup_using_subcommand uninstall" -l dry-run -d 'Only say what would be done'
complete -c vm-autoscale-setup -n "__fish_vm_autoscale_setup_using_subcommand uninstall" -l packaged -d 'The files are dpkg\'s: do the rest. What the package\'s own script calls'
complete -c vm-autoscale-setup -n "__fish_vm_autoscale_setup_using_subcommand uninstall" -l yes -d 'Ask nothing'
complete -c vm-autoscale-setup -n "__fish_vm_autoscale_setup_using_subcommand uninstall" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c vm-autoscale-setup -n "__fish_vm_autoscale_setup_using_subcommand import" -l output -d 'Where the new files go; made where it is missing. Nothing in it is overwritten' -r -F
complete -c vm-autoscale-setup -n "__fish_vm_autoscale_setup_using_subcommand import" -l address -d 'The address of a host of the old file that has only a name there. Can be given again' -r -f
complete -c vm-autoscale-setup -n "__fish_vm_autoscale_setup_using_subcommand import" -l from -d 'The program that the old file is of. Without it, that is told by the file\'s keys' -r -f -a "original\t'fabriziosalmi/proxmox-vm-autoscale'
secure-ssh\t'The secure fork over SSH'
secure-api\t'The secure fork over the API'"
complete -c vm-autoscale-setup -n "__fish_vm_autoscale_setup_using_subcommand import" -l identity -d 'The private key that helper.yaml will name' -r -F
complete -c vm-autoscale-setup -n "__fish_vm_autoscale_setup_using_subcommand import" -l known-hosts -d 'The file of known host keys that helper.yaml will name' -r -F
complete -c vm-autoscale-setup -n "__fish_vm_autoscale_setup_using_subcommand import" -l output-format -d 'How the answer is printed' -r -f -a "text\t'A table'
json\t'One JSON value'"
complete -c vm-autoscale-setup -n "__fish_vm_autoscale_setup_using_subcommand import" -s h -l help -d 'Print help (see more with \'--help\')'
