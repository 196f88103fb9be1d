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
'--control-socket=[The daemon'\''s socket, where the files name another one than it listens on]:FILE:_files' \
'--config=[The configuration]:FILE:_files' \
'--env-file=[Variables for the configuration'\''s \`\${NAME}\`; nobody else may read the file \[default\: /etc/vm-autoscale/scheduler.env, where it exists\]]:FILE:_files' \
'--output-format=[How answers are printed]:OUTPUT_FORMAT:((text\:"A table"
json\:"One JSON value"))' \
'--look[Look itself, also where a daemon runs]' \
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
(explain)
_arguments "${_arguments_options[@]}" : \
'--cluster=[The cluster, where several have such a VM]:NAME:' \
'--at=[How it was then\: 2026-11-22T14\:30\:00Z, '\''2026-11-22 14\:30'\'', 14\:30, '\''2h ago'\'']:TIME:' \
'--control-socket=[The daemon'\''s socket, where the files name another one than it listens on]:FILE:_files' \
'--config=[The configuration]:FILE:_files' \
'--env-file=[Variables for the configuration'\''s \`\${NAME}\`; nobody else may read the file \[default\: /etc/vm-autoscale/scheduler.env, where it exists\]]:FILE:_files' \
'--output-format=[How answers are printed]:OUTPUT_FORMAT:((text\:"A table"
json\:"One JSON value"))' \
'-h[Print help (see more with '\''--help'\'')]' \
'--help[Print help (see more with '\''--help'\'')]' \
':vm -- The VM:_vm_autoscale_vmids' \
&& ret=0
;;
(history)
_arguments "${_arguments_options[@]}" : \
'--cluster=[Only of this cluster]:NAME:' \
'--since=[How far back\: 90s, 30m, 2h, 3d]:TIME:' \
'--limit=[At most so many, the newest]:NUMBER:' \
'--control-socket=[The daemon'\''s socket, where the files name another one than it listens on]:FILE:_files' \
'--config=[The configuration]:FILE:_files' \
'--env-file=[Variables for the configuration'\''s \`\${NAME}\`; nobody else may read the file \[default\: /etc/vm-autoscale/scheduler.env, where it exists\]]:FILE:_files' \
'--output-format=[How answers are printed]:OUTPUT_FORMAT:((text\:"A table"
json\:"One JSON value"))' \
'--failed[Only those that did not come about as they were asked for]' \
'-h[Print help (see more with '\''--help'\'')]' \
'--help[Print help (see more with '\''--help'\'')]' \
'*::vms -- Only of these VMs:_vm_autoscale_vmids' \
&& ret=0
;;
(top)
_arguments "${_arguments_options[@]}" : \
'--interval=[From one picture to the next]:SECONDS:' \
'--rows=[So many VMs at most in such a picture]:NUMBER:' \
'--sort=[What comes first; on the screen \`s\` changes it]:SORT:((pressure\:"Who uses most of its vCPUs or of its memory"
cpu\:"Who uses most of its vCPUs"
memory\:"Who uses most of its memory"
blocked\:"Who is blocked, by whatever reason"
vmid\:"The lowest number"
name\:"By name"
node\:"By node"))' \
'--filter=[Only VMs with this in their number, name, node, mode, tags, pool or state]:TEXT:' \
'--control-socket=[The daemon'\''s socket, where the files name another one than it listens on]:FILE:_files' \
'--config=[The configuration]:FILE:_files' \
'--env-file=[Variables for the configuration'\''s \`\${NAME}\`; nobody else may read the file \[default\: /etc/vm-autoscale/scheduler.env, where it exists\]]:FILE:_files' \
'--output-format=[How answers are printed]:OUTPUT_FORMAT:((text\:"A table"
json\:"One JSON value"))' \
'--once[Print one picture and end]' \
'-h[Print help (see more with '\''--help'\'')]' \
'--help[Print help (see more with '\''--help'\'')]' \
&& ret=0
;;
(headroom)
_arguments "${_arguments_options[@]}" : \
'--node=[Only this node]:NODE:' \
'--control-socket=[The daemon'\''s socket, where the files name another one than it listens on]:FILE:_files' \
'--config=[The configuration]:FILE:_files' \
'--env-file=[Variables for the configuration'\''s \`\${NAME}\`; nobody else may read the file \[default\: /etc/vm-autoscale/scheduler.env, where it exists\]]:FILE:_files' \
'--output-format=[How answers are printed]:OUTPUT_FORMAT:((text\:"A table"
json\:"One JSON value"))' \
'--all[Also each VM that does not grow whatever its node has, and why]' \
'-h[Print help (see more with '\''--help'\'')]' \
'--help[Print help (see more with '\''--help'\'')]' \
&& ret=0
;;
(doctor)
_arguments "${_arguments_options[@]}" : \
'--cluster=[Only VMs of this cluster]:NAME:' \
'--fix-script=[Write what \`qm set\` would have to set as a shell script, which nobody has run yet, into this new file]:FILE:_files' \
'(--cluster --fix-script)*--code=[Print what this finding means, and ask nobody]:CODE:' \
'--control-socket=[The daemon'\''s socket, where the files name another one than it listens on]:FILE:_files' \
'--config=[The configuration]:FILE:_files' \
'--env-file=[Variables for the configuration'\''s \`\${NAME}\`; nobody else may read the file \[default\: /etc/vm-autoscale/scheduler.env, where it exists\]]:FILE:_files' \
'--output-format=[How answers are printed]:OUTPUT_FORMAT:((text\:"A table"
json\:"One JSON value"))' \
'--strict[Warnings count, too\: exit code 4 where there are some]' \
'(--cluster --fix-script)--codes[Print what each finding means, and ask nobody]' \
'-h[Print help (see more with '\''--help'\'')]' \
'--help[Print help (see more with '\''--help'\'')]' \
'*::select -- As in `select`\: 101, 200-299, @tag-web, @pool-shop, @node-pve3, @name-db*; lab/101 means that cluster only, a hyphen before it takes out. Without one, all VMs that are looked after:_vm_autoscale_vmids' \
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
'*::select -- As in `select`\: 101, 200-299, @tag-web, @pool-shop, @node-pve3, @name-db*; lab/101 means that cluster only, a hyphen before it takes out:_vm_autoscale_vmids' \
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
(restore)
_arguments "${_arguments_options[@]}" : \
'--cluster=[The cluster, where several have such a VM]:NAME:' \
'--control-socket=[The daemon'\''s socket, where the files name another one than it listens on]:FILE:_files' \
'--config=[The configuration]:FILE:_files' \
'--env-file=[Variables for the configuration'\''s \`\${NAME}\`; nobody else may read the file \[default\: /etc/vm-autoscale/scheduler.env, where it exists\]]:FILE:_files' \
'--output-format=[How answers are printed]:OUTPUT_FORMAT:((text\:"A table"
json\:"One JSON value"))' \
'(--cancel)--yes[Do it, and not only show it]' \
'--cancel[Take the order back; a step under way goes on to its end]' \
'-h[Print help (see more with '\''--help'\'')]' \
'--help[Print help (see more with '\''--help'\'')]' \
':vm -- The VM:_vm_autoscale_vmids' \
&& ret=0
;;
(selftest)
_arguments "${_arguments_options[@]}" : \
'--vm=[A VM of yours that may be tried on]:VMID:_vm_autoscale_vmids' \
'--cluster=[The cluster, where several have such a VM]:NAME:' \
'--control-socket=[The daemon'\''s socket, where the files name another one than it listens on]:FILE:_files' \
'--config=[The configuration]:FILE:_files' \
'--env-file=[Variables for the configuration'\''s \`\${NAME}\`; nobody else may read the file \[default\: /etc/vm-autoscale/scheduler.env, where it exists\]]:FILE:_files' \
'--output-format=[How answers are printed]:OUTPUT_FORMAT:((text\:"A table"
json\:"One JSON value"))' \
'--yes[Do it, and not only show it]' \
'-h[Print help (see more with '\''--help'\'')]' \
'--help[Print help (see more with '\''--help'\'')]' \
&& ret=0
;;
(notify)
_arguments "${_arguments_options[@]}" : \
'--config=[The configuration]:FILE:_files' \
'--env-file=[Variables for the configuration'\''s \`\${NAME}\`; nobody else may read the file \[default\: /etc/vm-autoscale/scheduler.env, where it exists\]]:FILE:_files' \
'--output-format=[How answers are printed]:OUTPUT_FORMAT:((text\:"A table"
json\:"One JSON value"))' \
'-h[Print help (see more with '\''--help'\'')]' \
'--help[Print help (see more with '\''--help'\'')]' \
":: :_vm-autoscale__subcmd__notify_commands" \
"*::: :->notify" \
&& ret=0

    case $state in
    (notify)
        words=($line[1] "${words[@]}")
        (( CURRENT += 1 ))
        curcontext="${curcontext%:*:*}:vm-autoscale-notify-command-$line[1]:"
        case $line[1] in
            (test)
_arguments "${_arguments_options[@]}" : \
'--channel=[Only this one\: mail, gotify, ntfy, webhook, \`uptime_kuma_url\` or \`healthchecks_url\`]:NAME:' \
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
(bundle)
_arguments "${_arguments_options[@]}" : \
'--cluster=[The VM'\''s cluster, where several have that number]:NAME:' \
'--since=[From so long ago on, at most 366d]:TIME:' \
'--control-socket=[The daemon'\''s socket, where the files name another one than it listens on]:FILE:_files' \
'--config=[The configuration]:FILE:_files' \
'--env-file=[Variables for the configuration'\''s \`\${NAME}\`; nobody else may read the file \[default\: /etc/vm-autoscale/scheduler.env, where it exists\]]:FILE:_files' \
'--output-format=[How answers are printed]:OUTPUT_FORMAT:((text\:"A table"
json\:"One JSON value"))' \
'-h[Print help (see more with '\''--help'\'')]' \
'--help[Print help (see more with '\''--help'\'')]' \
':vm -- The VM:_vm_autoscale_vmids' \
&& ret=0
;;
(replay)
_arguments "${_arguments_options[@]}" : \
'--trace=[A recorded load\: CSV, plain or gzip, with the columns \`vm_id,t_s,cpu_cores_used,vcpus,mem_used_mb,mem_total_mb\`]:FILE:_files' \
'--vm=[What the journal has of this VM, whether the daemon runs or not]:VMID:_vm_autoscale_vmids' \
'--bundle=[What \`vm-autoscale bundle\` wrote; its settings hold unless --config names others]:FILE:_files' \
'--policy=[Who decides \[default\: what the configuration says\]]:POLICY:((adaptive\:"Each VM'\''s own use of late"
threshold\:"High and low marks"
static\:"Nobody\: VMs stay as they are"))' \
'--profile=[Shipped figures, for those that the configuration says]:PROFILE:' \
'(--trace --pipe --bundle)--cluster=[The VM'\''s cluster, where several have that number]:NAME:' \
'(--trace --pipe --bundle)--since=[From so long ago on, at most 366d]:TIME:' \
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
(report)
_arguments "${_arguments_options[@]}" : \
'--since=[From then on\: so long ago (90m, 12h, 7d), or a time of this machine'\''s clock (2026-07-01, or '\''2026-07-01 08\:00'\'')]:TIME:' \
'--until=[Up to then \[default\: now\]]:TIME:' \
'*--vm=[Only these VMs]:VMID:_vm_autoscale_vmids' \
'--html=[Also write it as a page with charts, which loads nothing from anywhere]:FILE:_files' \
'--control-socket=[The daemon'\''s socket, where the files name another one than it listens on]:FILE:_files' \
'--config=[The configuration]:FILE:_files' \
'--env-file=[Variables for the configuration'\''s \`\${NAME}\`; nobody else may read the file \[default\: /etc/vm-autoscale/scheduler.env, where it exists\]]:FILE:_files' \
'--output-format=[How answers are printed]:OUTPUT_FORMAT:((text\:"A table"
json\:"One JSON value"))' \
'-h[Print help (see more with '\''--help'\'')]' \
'--help[Print help (see more with '\''--help'\'')]' \
&& ret=0
;;
(promote)
_arguments "${_arguments_options[@]}" : \
'--since=[By what happened since then, at most]:TIME:' \
'--control-socket=[The daemon'\''s socket, where the files name another one than it listens on]:FILE:_files' \
'--config=[The configuration]:FILE:_files' \
'--env-file=[Variables for the configuration'\''s \`\${NAME}\`; nobody else may read the file \[default\: /etc/vm-autoscale/scheduler.env, where it exists\]]:FILE:_files' \
'--output-format=[How answers are printed]:OUTPUT_FORMAT:((text\:"A table"
json\:"One JSON value"))' \
'-h[Print help (see more with '\''--help'\'')]' \
'--help[Print help (see more with '\''--help'\'')]' \
'*::vms -- Only these VMs; each is told in full:_vm_autoscale_vmids' \
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
(version)
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
'plan:Say what is to be done next and why, and the commands that do the same by hand. Changes nothing' \
'nodes:Ask every node whether it answers, how fast, how its clock is, and whether a gate guards the helper'\''s key there. 1 where one does not answer' \
'status:Ask the running daemon what it sees and does. Exit code 1 where something is not well' \
'explain:Say why something is done to a VM or why nothing is\: each question that is asked before a change, with its figures, and which one stopped it' \
'history:Tell which changes were made, what came of each, how long it took, and why' \
'top:Watch the VMs\: who is under most pressure, how that was for a day, and what is done about it' \
'headroom:What each node has for who grows, who may grow there, and who would be refused' \
'doctor:Say of each VM whether it can be scaled, and what to type where it cannot. Changes nothing' \
'pause:Have the running daemon leave VMs alone, from the very next change on' \
'resume:End pauses' \
'restore:Bring a VM back to the sizes that it had before our changes, and pause it' \
'selftest:Try on a VM of yours whether it can be changed, and print what others need to help' \
'notify:Whether people would be told' \
'bundle:Write what is known of a VM'\''s last days into one document for a bug report, without names' \
'replay:Play a recorded load to the planner, and sum up what comes of it' \
'report:What VMs used, got and gave back in a time, and what kept them from it; also as a page' \
'promote:Say of each VM whether enough is known for the next mode, and which line would change it. Changes nothing' \
'sizes-before:Print the commands that give VMs back the sizes that they had before our changes. Changes nothing' \
'version:Which release program, daemon and helper are of, and whether it is one' \
'config:What the configuration says, what holds, and what a reload would change' \
    )
    _describe -t commands 'vm-autoscale commands' commands "$@"
}
(( $+functions[_vm-autoscale__subcmd__bundle_commands] )) ||
_vm-autoscale__subcmd__bundle_commands() {
    local commands; commands=()
    _describe -t commands 'vm-autoscale bundle commands' commands "$@"
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
(( $+functions[_vm-autoscale__subcmd__doctor_commands] )) ||
_vm-autoscale__subcmd__doctor_commands() {
    local commands; commands=()
    _describe -t commands 'vm-autoscale doctor commands' commands "$@"
}
(( $+functions[_vm-autoscale__subcmd__explain_commands] )) ||
_vm-autoscale__subcmd__explain_commands() {
    local commands; commands=()
    _describe -t commands 'vm-autoscale explain commands' commands "$@"
}
(( $+functions[_vm-autoscale__subcmd__headroom_commands] )) ||
_vm-autoscale__subcmd__headroom_commands() {
    local commands; commands=()
    _describe -t commands 'vm-autoscale headroom commands' commands "$@"
}
(( $+functions[_vm-autoscale__subcmd__history_commands] )) ||
_vm-autoscale__subcmd__history_commands() {
    local commands; commands=()
    _describe -t commands 'vm-autoscale history commands' commands "$@"
}
(( $+functions[_vm-autoscale__subcmd__nodes_commands] )) ||
_vm-autoscale__subcmd__nodes_commands() {
    local commands; commands=()
    _describe -t commands 'vm-autoscale nodes commands' commands "$@"
}
(( $+functions[_vm-autoscale__subcmd__notify_commands] )) ||
_vm-autoscale__subcmd__notify_commands() {
    local commands; commands=(
'test:Send a test message by every channel, and say of each whether its server took it' \
    )
    _describe -t commands 'vm-autoscale notify commands' commands "$@"
}
(( $+functions[_vm-autoscale__subcmd__notify__subcmd__test_commands] )) ||
_vm-autoscale__subcmd__notify__subcmd__test_commands() {
    local commands; commands=()
    _describe -t commands 'vm-autoscale notify test commands' commands "$@"
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
(( $+functions[_vm-autoscale__subcmd__promote_commands] )) ||
_vm-autoscale__subcmd__promote_commands() {
    local commands; commands=()
    _describe -t commands 'vm-autoscale promote commands' commands "$@"
}
(( $+functions[_vm-autoscale__subcmd__replay_commands] )) ||
_vm-autoscale__subcmd__replay_commands() {
    local commands; commands=()
    _describe -t commands 'vm-autoscale replay commands' commands "$@"
}
(( $+functions[_vm-autoscale__subcmd__report_commands] )) ||
_vm-autoscale__subcmd__report_commands() {
    local commands; commands=()
    _describe -t commands 'vm-autoscale report commands' commands "$@"
}
(( $+functions[_vm-autoscale__subcmd__restore_commands] )) ||
_vm-autoscale__subcmd__restore_commands() {
    local commands; commands=()
    _describe -t commands 'vm-autoscale restore commands' commands "$@"
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
(( $+functions[_vm-autoscale__subcmd__selftest_commands] )) ||
_vm-autoscale__subcmd__selftest_commands() {
    local commands; commands=()
    _describe -t commands 'vm-autoscale selftest commands' commands "$@"
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
(( $+functions[_vm-autoscale__subcmd__top_commands] )) ||
_vm-autoscale__subcmd__top_commands() {
    local commands; commands=()
    _describe -t commands 'vm-autoscale top commands' commands "$@"
}
(( $+functions[_vm-autoscale__subcmd__version_commands] )) ||
_vm-autoscale__subcmd__version_commands() {
    local commands; commands=()
    _describe -t commands 'vm-autoscale version commands' commands "$@"
}

if [ "$funcstack[1]" = "_vm-autoscale" ]; then
    _vm-autoscale "$@"
else
    compdef _vm-autoscale vm-autoscale
fi
