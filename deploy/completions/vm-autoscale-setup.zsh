#compdef vm-autoscale-setup

autoload -U is-at-least

_vm-autoscale-setup() {
    typeset -A opt_args
    typeset -a _arguments_options
    local ret=1

    if is-at-least 5.2; then
        _arguments_options=(-s -S -C)
    else
        _arguments_options=(-s -C)
    fi

    local context curcontext="$curcontext" state line
    _arguments "${_arguments_options[@]}" : \
'-h[Print help]' \
'--help[Print help]' \
'-V[Print version]' \
'--version[Print version]' \
":: :_vm-autoscale-setup_commands" \
"*::: :->vm-autoscale-setup" \
&& ret=0
    case $state in
    (vm-autoscale-setup)
        words=($line[1] "${words[@]}")
        (( CURRENT += 1 ))
        curcontext="${curcontext%:*:*}:vm-autoscale-setup-command-$line[1]:"
        case $line[1] in
            (install)
_arguments "${_arguments_options[@]}" : \
'--from=[The unpacked release; without it, the one that this program stands in]:DIR:_files' \
'--root=[Install into an image that is unpacked there, and leave this machine alone]:DIR:_files' \
'--answers=[A YAML file of answers, with the keys \`cluster\`, \`user\`, \`nodes\`, \`vms\`, \`max_vcpus\`, \`max_memory\`, \`start_at_boot\` and \`audit\`; flags hold over it]:FILE:_files' \
'--cluster=[What the scheduler is to call the cluster]:NAME:' \
'*--node=[A node of it. Can be given again]:NAME=IP[:PORT]:' \
'--vms=[The VMs that may be changed\: numbers and ranges]:LIST:' \
'--max-vcpus=[vCPUs that each of them may have at most]:N:' \
'--max-memory=[MiB of memory that each of them may have at most]:MIB:' \
'--output-format=[How the answer is printed]:OUTPUT_FORMAT:((text\:"A table"
json\:"One JSON value"))' \
'--dry-run[Only say what would be done]' \
'--no-start-at-boot[Leave it to you when the daemons start]' \
'--audit[Also put the rules for auditd to their place]' \
'--downgrade[Install an older release over a newer one]' \
'(--from)--packaged[The files are dpkg'\''s\: do the rest. What the package'\''s own script calls]' \
'--yes[Ask nothing]' \
'-h[Print help (see more with '\''--help'\'')]' \
'--help[Print help (see more with '\''--help'\'')]' \
&& ret=0
;;
(trust-host)
_arguments "${_arguments_options[@]}" : \
'*--fingerprint=[Pin the key with this fingerprint and ask nothing. Can be given again]:SHA256:…:' \
'()--from-node=[Take over the keys of the cluster'\''s other nodes from this one, which is pinned already]:NODE:' \
'--ssh=[Your own way into that node, as root]:[USER@]HOST:' \
'--config=[The helper'\''s configuration\: it says where the pins are]:FILE:_files' \
'--output-format=[How the answer is printed]:OUTPUT_FORMAT:((text\:"A table"
json\:"One JSON value"))' \
'--replace[Put the key that the node shows now in the place of the one that is pinned]' \
'-h[Print help (see more with '\''--help'\'')]' \
'--help[Print help (see more with '\''--help'\'')]' \
'::node -- Proxmox'\''s name of the node, or CLUSTER/NODE:' \
'::address -- Its IP address, as in helper.yaml\: `192.168.1.11`, `192.168.1.11\:2222`, `\[fd00\:\:1\]\:2222`:' \
&& ret=0
;;
(authorize)
_arguments "${_arguments_options[@]}" : \
'(--local)--ssh=[Your own way in as root\: put the gate and the line there, and prove that they work]:[USER@]HOST:' \
'*--from=[The address that this machine has for the node, where it is not the one that it has here. Can be given again]:ADDRESS:' \
'--gate=[The gate'\''s program, to be copied to the node]:FILE:_files' \
'--config=[The helper'\''s configuration]:FILE:_files' \
'--output-format=[How the answer is printed]:OUTPUT_FORMAT:((text\:"A table"
json\:"One JSON value"))' \
'(--no-gate --from)--remove[Take the line away again, and the gate where no other line needs it]' \
'--local[This machine is the node\: do it here]' \
'--no-gate[Without the gate\: whoever has the key has a root shell on the node]' \
'-h[Print help (see more with '\''--help'\'')]' \
'--help[Print help (see more with '\''--help'\'')]' \
':node -- The node as helper.yaml calls it, or CLUSTER/NODE:' \
&& ret=0
;;
(rotate-key)
_arguments "${_arguments_options[@]}" : \
'*--ssh=[Your own way in as root\: \`NODE=\[USER@\]HOST\`, \`root@\` for every node'\''s own address, or \`\[USER@\]HOST\` where there is one node. Can be given again. Without one, the lines are printed]:WAY:' \
'*--from=[The address that this machine has for the node, where it is not the one that it has here. Can be given again]:ADDRESS:' \
'--gate=[The gate'\''s program, to be copied to the node]:FILE:_files' \
'--config=[The helper'\''s configuration]:FILE:_files' \
'--output-format=[How the answer is printed]:OUTPUT_FORMAT:((text\:"A table"
json\:"One JSON value"))' \
'--all[The keys of all nodes]' \
'--no-gate[Without the gate\: whoever has the key has a root shell on the node]' \
'-h[Print help (see more with '\''--help'\'')]' \
'--help[Print help (see more with '\''--help'\'')]' \
'::node -- The key of this node, at every node that has the same one:' \
&& ret=0
;;
(check)
_arguments "${_arguments_options[@]}" : \
'*--member=[Who belongs into the groups vm-autoscale and vm-autoscale-admin. Can be given again]:USER:' \
'--output-format=[How the answer is printed]:OUTPUT_FORMAT:((text\:"A table"
json\:"One JSON value"))' \
'--strict[Warnings count, too]' \
'-h[Print help (see more with '\''--help'\'')]' \
'--help[Print help (see more with '\''--help'\'')]' \
&& ret=0
;;
(uninstall)
_arguments "${_arguments_options[@]}" : \
'--root=[Take it out of an image that is unpacked there, and leave this machine alone]:DIR:_files' \
'*--ssh=[Your own way in to a node, as root, for --nodes. Can be given again]:[NODE=][USER@]HOST:' \
'--output-format=[How the answer is printed]:OUTPUT_FORMAT:((text\:"A table"
json\:"One JSON value"))' \
'--purge[Also remove what you edited, the keys, the journal, the logs, the user and the groups]' \
'(--root)--restore-vms[Before anything else, print the commands that give every VM back the size that it had before the first change in the journal. Without --yes nothing else is done]' \
'--nodes[Before that, take our line and the gate from the nodes]' \
'--dry-run[Only say what would be done]' \
'--packaged[The files are dpkg'\''s\: do the rest. What the package'\''s own script calls]' \
'--yes[Ask nothing]' \
'-h[Print help (see more with '\''--help'\'')]' \
'--help[Print help (see more with '\''--help'\'')]' \
&& ret=0
;;
(import)
_arguments "${_arguments_options[@]}" : \
'--output=[Where the new files go; made where it is missing. Nothing in it is overwritten]:DIR:_files' \
'*--address=[The address of a host of the old file that has only a name there. Can be given again]:NAME=IP:' \
'--from=[The program that the old file is of. Without it, that is told by the file'\''s keys]:PROGRAM:((original\:"fabriziosalmi/proxmox-vm-autoscale"
secure-ssh\:"The secure fork over SSH"
secure-api\:"The secure fork over the API"))' \
'--identity=[The private key that helper.yaml will name]:FILE:_files' \
'--known-hosts=[The file of known host keys that helper.yaml will name]:FILE:_files' \
'--output-format=[How the answer is printed]:OUTPUT_FORMAT:((text\:"A table"
json\:"One JSON value"))' \
'-h[Print help (see more with '\''--help'\'')]' \
'--help[Print help (see more with '\''--help'\'')]' \
':old -- The old configuration. It is only read:_files' \
&& ret=0
;;
        esac
    ;;
esac
}

(( $+functions[_vm-autoscale-setup_commands] )) ||
_vm-autoscale-setup_commands() {
    local commands; commands=(
'install:Put everything in its place. Run again, it mends what is missing and keeps what you edited' \
'trust-host:Fetch a node'\''s host keys, show their fingerprints, and pin those that you confirm' \
'authorize:Let the helper'\''s key in at a node, for the commands of vm-autoscale alone, and prove it' \
'rotate-key:Give nodes a new key, and take the old one away once the new one is proven' \
'check:Look whether everything is as it should be, and say what is not' \
'uninstall:Take away what install put there' \
'import:Turn the configuration of the Python program proxmox-vm-autoscale, or of its secure fork, into a config.yaml and a helper.yaml, and say of every key what became of it' \
    )
    _describe -t commands 'vm-autoscale-setup commands' commands "$@"
}
(( $+functions[_vm-autoscale-setup__subcmd__authorize_commands] )) ||
_vm-autoscale-setup__subcmd__authorize_commands() {
    local commands; commands=()
    _describe -t commands 'vm-autoscale-setup authorize commands' commands "$@"
}
(( $+functions[_vm-autoscale-setup__subcmd__check_commands] )) ||
_vm-autoscale-setup__subcmd__check_commands() {
    local commands; commands=()
    _describe -t commands 'vm-autoscale-setup check commands' commands "$@"
}
(( $+functions[_vm-autoscale-setup__subcmd__import_commands] )) ||
_vm-autoscale-setup__subcmd__import_commands() {
    local commands; commands=()
    _describe -t commands 'vm-autoscale-setup import commands' commands "$@"
}
(( $+functions[_vm-autoscale-setup__subcmd__install_commands] )) ||
_vm-autoscale-setup__subcmd__install_commands() {
    local commands; commands=()
    _describe -t commands 'vm-autoscale-setup install commands' commands "$@"
}
(( $+functions[_vm-autoscale-setup__subcmd__rotate-key_commands] )) ||
_vm-autoscale-setup__subcmd__rotate-key_commands() {
    local commands; commands=()
    _describe -t commands 'vm-autoscale-setup rotate-key commands' commands "$@"
}
(( $+functions[_vm-autoscale-setup__subcmd__trust-host_commands] )) ||
_vm-autoscale-setup__subcmd__trust-host_commands() {
    local commands; commands=()
    _describe -t commands 'vm-autoscale-setup trust-host commands' commands "$@"
}
(( $+functions[_vm-autoscale-setup__subcmd__uninstall_commands] )) ||
_vm-autoscale-setup__subcmd__uninstall_commands() {
    local commands; commands=()
    _describe -t commands 'vm-autoscale-setup uninstall commands' commands "$@"
}

if [ "$funcstack[1]" = "_vm-autoscale-setup" ]; then
    _vm-autoscale-setup "$@"
else
    compdef _vm-autoscale-setup vm-autoscale-setup
fi
