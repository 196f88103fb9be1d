# What is done on a node, by its root. Above stand the values, all of closed
# alphabets: tag, mode (put or take), user, line, pattern (of lines with our key), gate (yes or no).
set -u
LC_ALL=C PATH=/usr/sbin:/usr/bin:/sbin:/bin
export LC_ALL PATH
umask 077
dir=/usr/libexec/vm-autoscale
program=$dir/gate
work= put=no gate_put=no made= had=no

answer() { printf '%s %s\n' "$tag" "$(printf '%s' "$*" | tr '\n' ' ')"; }
die() { answer failed "$*"; exit 1; }

# Only what was proven stays: also where the way breaks off.
finish() {
    trap '' HUP INT TERM PIPE
    undone=$put$gate_put
    if [ "$put" = yes ] && ! cmp -s "$work/new" "$real"; then
        rewrite take
    elif [ "$put$had" = yesyes ]; then
        beside "$work/old" && mv -f "$real.vm-autoscale" "$real"
    elif [ "$put" = yes ]; then
        rm -f "$real"
    fi
    if [ "$gate_put" = yes ] && [ -e "$work/gate" ]; then
        cp -p "$work/gate" "$program.new" && mv -f "$program.new" "$program"
    elif [ "$gate_put" = yes ]; then
        rm -f "$program"
    fi
    # Directories that have nothing in them were made for what did not stay.
    rm -f "$program.new"
    rmdir "$dir" ${made:+"$made"} 2>/dev/null
    [ "$undone" = nono ] || answer undone
    [ -z "$work" ] || rm -rf "$work"
}

# The file as it is to be, whole, beside the one that there is.
beside() {
    if cat "$1" >"$real.vm-autoscale" && chmod 600 "$real.vm-autoscale" &&
        { [ "$user" = root ] || chown "$user:" "$real.vm-autoscale"; }; then return 0; fi 2>"$work/err"
    rm -f "$real.vm-autoscale"
    return 1
}

without_ours() { sed -E -e "\,$pattern,d" "$@" "$work/old"; }

# Writes it, unless another hand was faster: then once more.
rewrite() {
    for _ in 1 2 3 4 5; do
        had=no
        : >"$work/old"
        if [ -e "$real" ]; then
            had=yes
            cp "$real" "$work/old" 2>"$work/err" || return 1
        fi
        if [ "$1" = put ]; then
            { without_ours -e '$a\' && printf '%s\n' "$line"; } >"$work/new" 2>"$work/err"
        else
            without_ours >"$work/new" 2>"$work/err"
        fi || return 1
        if cmp -s "$work/old" "$work/new"; then changed=no; return 0; fi
        beside "$work/new" || return 1
        if [ "$had" = yes ]; then cmp -s "$work/old" "$real"; else [ ! -e "$real" ]; fi || continue
        [ "$1" = take ] || put=yes
        mv -f "$real.vm-autoscale" "$real" 2>"$work/err" || { put=no; return 1; }
        changed=yes
        return 0
    done
    rm -f "$real.vm-autoscale"
    echo "somebody else writes it all the time" >"$work/err"
    return 1
}

put_gate() {
    if [ ! -d "$dir" ]; then (umask 022 && mkdir -p "$dir") 2>"$work/err" || die "$(cat "$work/err")"; fi
    { base64 -d "$work/gate64" >"$program.new" && chmod 755 "$program.new"; } 2>"$work/err" ||
        { rm -f "$program.new"; die "$program: $(cat "$work/err")"; }
    rm -f "$work/gate64"
    "$program.new" --version >"$work/err" 2>&1 ||
        { rm -f "$program.new"; answer gate-does-not-run "$(cat "$work/err")"; exit 1; }
    if cmp -s "$program.new" "$program"; then rm -f "$program.new"; answer gate kept; return; fi
    if [ -e "$program" ]; then cp -p "$program" "$work/gate"; fi
    gate_put=yes
    mv -f "$program.new" "$program" 2>"$work/err" || die "$program: $(cat "$work/err")"
    answer gate put
}

take_gate() {
    if [ ! -e "$program" ]; then answer gate none; return; fi
    if [ -n "$(sed -n "\,command=\"$program\",p" "$real" 2>/dev/null)" ]; then
        answer gate needed
        return
    fi
    rm -f "$program" 2>"$work/err" || die "$program: $(cat "$work/err")"
    rmdir "$dir" 2>/dev/null
    answer gate gone
}

[ "$(id -u)" = 0 ] || die "the login is not root's"
home=$(getent passwd "$user" | cut -d: -f6)
[ -n "$home" ] && [ -d "$home" ] || die "there is no user $user with a home"
exec 9<"$home"
flock -w 20 9 || die "another run of this is under way on the node"
work=$(mktemp -d) || die "no directory for temporary files"
trap finish EXIT
trap 'exit 1' HUP INT TERM PIPE
if [ "$mode" = put ] && [ ! -d "$home/.ssh" ]; then
    made=$home/.ssh
    mkdir "$made" && { [ "$user" = root ] || chown "$user:" "$made"; }
fi 2>"$work/err" || die "$(cat "$work/err")"
# On Proxmox a link into /etc/pve: it stays one.
real=$(readlink -f "$home/.ssh/authorized_keys")
[ -n "$real" ] || die "$home/.ssh/authorized_keys leads nowhere: is pve-cluster running?"
answer seen "${SSH_CONNECTION:-}"
answer file "$real"
