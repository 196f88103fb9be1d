#!/bin/sh
# A node as far as sshd and the gate can see: in a mount namespace of its own (unshare), with what
# this machine lacks of Proxmox laid over it. Nothing of it is seen outside.
# node.sh DIR GATE SHIM, then sshd's own arguments; DIR has `etc` and the socket `log`. Where it has
# `home`, that is root's, and there is no gate yet; where it has `pve`, that is /etc/pve.
set -eu
dir=$1 gate=$2 shim=$3
shift 3
mount -t tmpfs -o mode=755 tmpfs "$dir/over"
for under in usr etc dev; do
    mkdir "$dir/over/$under" "$dir/over/$under.work"
    mount -t overlay -o "lowerdir=/$under,upperdir=$dir/over/$under,workdir=$dir/over/$under.work" \
        overlay "/$under"
done
# A login shell that reads no file of its own: bash would read ~/.bashrc before the gate is started.
home=/root
if [ -d "$dir/home" ]; then home=$dir/home; fi
sed -i "s|^root:.*|root:x:0:0:root:$home:/bin/sh|" /etc/passwd
mkdir -p /etc/vm-autoscale
if [ -d "$dir/pve" ]; then
    mkdir -p /etc/pve
    mount --bind "$dir/pve" /etc/pve
fi
mount --bind "$dir/etc" /etc/vm-autoscale
: >/dev/log
mount --bind "$dir/log" /dev/log
if [ "$home" = /root ]; then
    mkdir -p /usr/libexec/vm-autoscale
    cp "$gate" /usr/libexec/vm-autoscale/gate
fi
# Last, as this script might need the real ones.
for program in /usr/sbin/qm /usr/bin/pvesh /usr/bin/grep /usr/bin/tail; do
    cp "$shim" "$program.new"
    chmod 755 "$program.new"
    mv -f "$program.new" "$program"
done
exec /usr/sbin/sshd "$@"
