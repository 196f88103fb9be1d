#compdef vm-autoscale

# The daemon's VMIDs with their names; none where it does not answer within a second.
_vm_autoscale_vmids() {
    local line
    local -a vmids
    for line in ${(f)"$(vm-autoscale __vmids 2>/dev/null)"}; do
        vmids+=("${line%%$'\t'*}:${line#*$'\t'}")
    done
    _describe VMID vmids
}

autoload -U is-at-least

_vm-autoscale() {
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
'--config=[The configuration]:FILE:_files' \
'--env-file=[Variables for the configuration'\''s \`\${NAME}\`; nobody else may read the file \[default\: /etc/vm-autoscale/scheduler.env, where it exists\]]:FILE:_files' \
'--output-format=[How answers are printed]:OUTPUT_FORMAT:((text\:"A table"
json\:"One JSON value"))' \
'--validate-only[Check the configuration, say everything that is wrong with it, and exit]' \
'--strict[With --validate-only\: warnings count, too]' \
'-h[Print help (see more with '\''--help'\'')]' \
'--help[Print help (see more with '\''--help'\'')]' \
'-V[Print version]' \
'--version[Print version]' \
":: :_vm-autoscale_commands" \
"*::: :->vm-autoscale" \
&& ret=0
    case $state in
    (vm-autoscale)
        words=($line[1] "${words[@]}")
        (( CURRENT += 1 ))
        curcontext="${curcontext%:*:*}:vm-autoscale-command-$line[1]:"
        case $line[1] in
            (run)
_arguments "${_arguments_options[@]}" : \
'--config=[The configuration]:FILE:_files' \
'--env-file=[Variables for the configuration'\''s \`\${NAME}\`; nobody else may read the file \[default\: /etc/vm-autoscale/scheduler.env, where it exists\]]:FILE:_files' \
'--output-format=[How answers are printed]:OUTPUT_FORMAT:((text\:"A table"
json\:"One JSON value"))' \
'-h[Print help (see more with '\''--help'\'')]' \
'--help[Print help (see more with '\''--help'\'')]' \
&& ret=0
;;
(plan)
_arguments "${_arguments_options[@]}" : \
'--config=[The configuration]:FILE:_files' \
'--env-file=[Variables for the configuration'\''s \`\${NAME}\`; nobody else may read the file \[default\: /etc/vm-autoscale/scheduler.env, where it exists\]]:FILE:_files' \
'--output-format=[How answers are printed]:OUTPUT_FORMAT:((text\:"A table"
json\:"One JSON value"))' \
'-h[Print help (see more with '\''--help'\'')]' \
'--help[Print help (see more with '\''--help'\'')]' \
&& ret=0
;;
(nodes)
_arguments "${_arguments_options[@]}" : \
'--config=[The configuration]:FILE:_files' \
'--env-file=[Variables for the configuration'\''s \`\${NAME}\`; nobody else may read the file \[default\: /etc/vm-autoscale/scheduler.env, where it exists\]]:FILE:_files' \
'--output-format=[How answers are printed]:OUTPUT_FORMAT:((text\:"A table"
json\:"One JSON value"))' \
'-h[Print help (see more with '\''--help'\'')]' \
'--help[Print help (see more with '\''--help'\'')]' \
&& ret=0
;;
(status)
_arguments "${_arguments_options[@]}" : \
'--control-socket=[The daemon'\''s socket, where the files name another one than it listens on]:FILE:_files' \
'--config=[The configuration]:FILE:_files' \
'--env-file=[Variables for the configuration'\''s \`\${NAME}\`; nobody else may read the file \[default\: /etc/vm-autoscale/scheduler.env, where it exists\]]:FILE:_files' \
'--output-format=[How answers are printed]:OUTPUT_FORMAT:((text\:"A table"
json\:"One JSON value"))' \
'-h[Print help (see more with '\''--help'\'')]' \
'--help[Print help (see more with '\''--help'\'')]' \
'*::vms -- Only these VMs, and of each all that is known:_vm_autoscale_vmids' \
&& ret=0
;;
(pause)
_arguments "${_arguments_options[@]}" : \
'--for=[It ends by itself after this\: 90s, 30m, 2h, 3d. Without it, it holds until resumed]:TIME:' \
'--reason=[Why\: whoever looks at the status reads it]:TEXT:' \
'--control-socket=[The daemon'\''s socket, where the files name another one than it listens on]:FILE:_files' \
'--config=[The configuration]:FILE:_files' \
'--env-file=[Variables for the configuration'\''s \`\${NAME}\`; nobody else may read the file \[default\: /etc/vm-autoscale/scheduler.env, where it exists\]]:FILE:_files' \
'--output-format=[How answers are printed]:OUTPUT_FORMAT:((text\:"A table"
json\:"One JSON value"))' \
'-h[Print help (see more with '\''--help'\'')]' \
'--help[Print help (see more with '\''--help'\'')]' \
'*::select -- As in `select`\: 101, 200-299, @tag-web, @pool-shop, @node-pve3, @name-db*; a hyphen takes out:_vm_autoscale_vmids' \
&& ret=0
;;
(resume)
_arguments "${_arguments_options[@]}" : \
'--control-socket=[The daemon'\''s socket, where the files name another one than it listens on]:FILE:_files' \
'--config=[The configuration]:FILE:_files' \
'--env-file=[Variables for the configuration'\''s \`\${NAME}\`; nobody else may read the file \[default\: /etc/vm-autoscale/scheduler.env, where it exists\]]:FILE:_files' \
'--output-format=[How answers are printed]:OUTPUT_FORMAT:((text\:"A table"
json\:"One JSON value"))' \
'--all[Every pause]' \
'-h[Print help (see more with '\''--help'\'')]' \
'--help[Print help (see more with '\''--help'\'')]' \
'*::numbers -- The numbers that `pause` and `status` say:' \
&& ret=0
;;
(replay)
_arguments "${_arguments_options[@]}" : \
'--trace=[A recorded load\: CSV, plain or gzip, with the columns \`vm_id,t_s,cpu_cores_used,vcpus,mem_used_mb,mem_total_mb\`]:FILE:_files' \
'--vm=[What the journal has of this VM, whether the daemon runs or not]:VMID:_vm_autoscale_vmids' \
'--policy=[Who decides \[default\: what the configuration says\]]:POLICY:((adaptive\:"Each VM'\''s own use of late"
threshold\:"High and low marks"
static\:"Nobody\: VMs stay as they are"))' \
'--profile=[Shipped figures, for those that the configuration says]:PROFILE:' \
'(--trace --pipe)--cluster=[The VM'\''s cluster, where several have that number]:NAME:' \
'(--trace --pipe)--since=[From so long ago on, at most 366d]:TIME:' \
'(--pipe)--tick=[Between two samples\: 1s to 30s]:TIME:' \
'(--pipe)--days=[Only the first days of the trace]:N:' \
'(--pipe)--warmup=[Time at the start that no figure counts \[default\: 1d of at least five days, 1h of at least half a day\]]:TIME:' \
'(--pipe)--mem-cache-fill=[Share of the guests'\'' free memory that Proxmox would see as used, 0 to 1\: page cache]:SHARE:' \
'(--pipe)--hosts=[Have the VMs share so many hosts, smaller than the VMs together]:N:' \
'--host-cpu-frac=[Cores of a host, as a share of its VMs'\'' vCPUs]:SHARE:' \
'--host-mem-frac=[Memory of a host, as a share of its VMs'\'']:SHARE:' \
'--config=[The configuration]:FILE:_files' \
'--env-file=[Variables for the configuration'\''s \`\${NAME}\`; nobody else may read the file \[default\: /etc/vm-autoscale/scheduler.env, where it exists\]]:FILE:_files' \
'--output-format=[How answers are printed]:OUTPUT_FORMAT:((text\:"A table"
json\:"One JSON value"))' \
'--pipe[Be a policy of a simulator\: one JSON object a line, in and out]' \
'--shares-mix[Give the VMs weights of 500, 1000 and 2000]' \
'-h[Print help (see more with '\''--help'\'')]' \
'--help[Print help (see more with '\''--help'\'')]' \
&& ret=0
;;
(sizes-before)
_arguments "${_arguments_options[@]}" : \
'--config=[The configuration]:FILE:_files' \
'--env-file=[Variables for the configuration'\''s \`\${NAME}\`; nobody else may read the file \[default\: /etc/vm-autoscale/scheduler.env, where it exists\]]:FILE:_files' \
'--output-format=[How answers are printed]:OUTPUT_FORMAT:((text\:"A table"
json\:"One JSON value"))' \
'-h[Print help (see more with '\''--help'\'')]' \
'--help[Print help (see more with '\''--help'\'')]' \
&& ret=0
;;
(config)
_arguments "${_arguments_options[@]}" : \
'--config=[The configuration]:FILE:_files' \
'--env-file=[Variables for the configuration'\''s \`\${NAME}\`; nobody else may read the file \[default\: /etc/vm-autoscale/scheduler.env, where it exists\]]:FILE:_files' \
'--output-format=[How answers are printed]:OUTPUT_FORMAT:((text\:"A table"
json\:"One JSON value"))' \
'-h[Print help (see more with '\''--help'\'')]' \
'--help[Print help (see more with '\''--help'\'')]' \
":: :_vm-autoscale__subcmd__config_commands" \
"*::: :->config" \
&& ret=0

    case $state in
    (config)
        words=($line[1] "${words[@]}")
        (( CURRENT += 1 ))
        curcontext="${curcontext%:*:*}:vm-autoscale-config-command-$line[1]:"
        case $line[1] in
            (show)
_arguments "${_arguments_options[@]}" : \
'--vm=[What holds for this VM. What is known of it is asked of the daemon, unless it is said here]:VMID:_vm_autoscale_vmids' \
'--cluster=[The cluster, where several have such a VM]:NAME:' \
'--node=[As if it were on this node]:NODE:' \
'--name=[As if it had this name]:NAME:' \
'--tags=[As if it had these tags, separated by commas]:TAG,TAG:' \
'--pool=[As if it were in this pool]:POOL:' \
'--config=[The configuration]:FILE:_files' \
'--env-file=[Variables for the configuration'\''s \`\${NAME}\`; nobody else may read the file \[default\: /etc/vm-autoscale/scheduler.env, where it exists\]]:FILE:_files' \
'--output-format=[How answers are printed]:OUTPUT_FORMAT:((text\:"A table"
json\:"One JSON value"))' \
'--effective[Also what holds by default, layer by layer]' \
'-h[Print help (see more with '\''--help'\'')]' \
'--help[Print help (see more with '\''--help'\'')]' \
&& ret=0
;;
(diff)
_arguments "${_arguments_options[@]}" : \
'--control-socket=[The daemon'\''s socket, where the files name another one than it listens on]:FILE:_files' \
'--config=[The configuration]:FILE:_files' \
'--env-file=[Variables for the configuration'\''s \`\${NAME}\`; nobody else may read the file \[default\: /etc/vm-autoscale/scheduler.env, where it exists\]]:FILE:_files' \
'--output-format=[How answers are printed]:OUTPUT_FORMAT:((text\:"A table"
json\:"One JSON value"))' \
'-h[Print help (see more with '\''--help'\'')]' \
'--help[Print help (see more with '\''--help'\'')]' \
&& ret=0
;;
        esac
    ;;
esac
;;
        esac
    ;;
esac
}

(( $+functions[_vm-autoscale_commands] )) ||
_vm-autoscale_commands() {
    local commands; commands=(
'run:Run the daemon (systemd does this)' \
'plan:Look once and say what would be done and why. Changes nothing' \
'nodes:Ask every node whether it answers, how fast, how its clock is, and whether a gate guards the helper'\''s key there. 1 where one does not answer' \
'status:Ask the running daemon what it sees and does. Exit code 1 where something is not well' \
'pause:Have the running daemon leave VMs alone, from the very next change on' \
'resume:End pauses' \
'replay:Play a recorded load to the planner, and sum up what comes of it' \
'sizes-before:Print the commands that give VMs back the sizes that they had before our changes. Changes nothing' \
'config:What the configuration says, what holds, and what a reload would change' \
    )
    _describe -t commands 'vm-autoscale commands' commands "$@"
}
(( $+functions[_vm-autoscale__subcmd__config_commands] )) ||
_vm-autoscale__subcmd__config_commands() {
    local commands; commands=(
'show:Every value with the file, line and column that set it' \
'diff:What the files say differently from what the daemon runs with' \
    )
    _describe -t commands 'vm-autoscale config commands' commands "$@"
}
(( $+functions[_vm-autoscale__subcmd__config__subcmd__diff_commands] )) ||
_vm-autoscale__subcmd__config__subcmd__diff_commands() {
    local commands; commands=()
    _describe -t commands 'vm-autoscale config diff commands' commands "$@"
}
(( $+functions[_vm-autoscale__subcmd__config__subcmd__show_commands] )) ||
_vm-autoscale__subcmd__config__subcmd__show_commands() {
    local commands; commands=()
    _describe -t commands 'vm-autoscale config show commands' commands "$@"
}
(( $+functions[_vm-autoscale__subcmd__nodes_commands] )) ||
_vm-autoscale__subcmd__nodes_commands() {
    local commands; commands=()
    _describe -t commands 'vm-autoscale nodes commands' commands "$@"
}
(( $+functions[_vm-autoscale__subcmd__pause_commands] )) ||
_vm-autoscale__subcmd__pause_commands() {
    local commands; commands=()
    _describe -t commands 'vm-autoscale pause commands' commands "$@"
}
(( $+functions[_vm-autoscale__subcmd__plan_commands] )) ||
_vm-autoscale__subcmd__plan_commands() {
    local commands; commands=()
    _describe -t commands 'vm-autoscale plan commands' commands "$@"
}
(( $+functions[_vm-autoscale__subcmd__replay_commands] )) ||
_vm-autoscale__subcmd__replay_commands() {
    local commands; commands=()
    _describe -t commands 'vm-autoscale replay commands' commands "$@"
}
(( $+functions[_vm-autoscale__subcmd__resume_commands] )) ||
_vm-autoscale__subcmd__resume_commands() {
    local commands; commands=()
    _describe -t commands 'vm-autoscale resume commands' commands "$@"
}
(( $+functions[_vm-autoscale__subcmd__run_commands] )) ||
_vm-autoscale__subcmd__run_commands() {
    local commands; commands=()
    _describe -t commands 'vm-autoscale run commands' commands "$@"
}
(( $+functions[_vm-autoscale__subcmd__sizes-before_commands] )) ||
_vm-autoscale__subcmd__sizes-before_commands() {
    local commands; commands=()
    _describe -t commands 'vm-autoscale sizes-before commands' commands "$@"
}
(( $+functions[_vm-autoscale__subcmd__status_commands] )) ||
_vm-autoscale__subcmd__status_commands() {
    local commands; commands=()
    _describe -t commands 'vm-autoscale status commands' commands "$@"
}

if [ "$funcstack[1]" = "_vm-autoscale" ]; then
    _vm-autoscale "$@"
else
    compdef _vm-autoscale vm-autoscale
fi
