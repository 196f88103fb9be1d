# What a node of a cluster knows of the others' host keys: what it has on record and, where that is
# of a type that the helper does not use, what they say themselves over the cluster's own SSH.
set -u
LC_ALL=C PATH=/usr/sbin:/usr/bin:/sbin:/bin
export LC_ALL PATH
answer() { printf '%s %s\n' "$tag" "$(printf '%s' "$*" | tr '\n' ' ')"; }
usable='(ssh-ed25519|ecdsa-sha2-nistp[0-9]+) [A-Za-z0-9+/=]+'

[ -r /etc/pve/.members ] || { answer failed "it has no /etc/pve/.members: is it a Proxmox node?"; exit 1; }
own=$(uname -n)
for directory in /etc/pve/nodes/*/; do
    name=$(basename "$directory")
    [ "$name" != "${own%%.*}" ] || continue
    ip=$(sed -nE "s/.*\"$name\":[^}]*\"ip\": *\"([0-9A-Fa-f.:]+)\".*/\1/p" /etc/pve/.members)
    [ -n "$ip" ] || { answer none "$name" "its address is not in /etc/pve/.members"; continue; }
    recorded=$directory/ssh_known_hosts
    [ -s "$recorded" ] || recorded=/etc/pve/priv/known_hosts
    either="$name|$(printf '%s' "$ip" | sed 's/[.]/[.]/g')"
    hosts="([^ @#|]*,)?($either)(,[^ ]*)? "
    found=$(sed -nE "s;^$hosts($usable)([[:blank:]].*)?\$;\4;p" "$recorded" 2>/dev/null | sort -u)
    if [ -z "$found" ]; then
        found=$(timeout 20 ssh -o BatchMode=yes -o StrictHostKeyChecking=yes -o ConnectTimeout=10 \
            -o "HostKeyAlias=$name" -o "UserKnownHostsFile=$recorded" -o GlobalKnownHostsFile=none \
            "root@$ip" 'cat /etc/ssh/ssh_host_ed25519_key.pub /etc/ssh/ssh_host_ecdsa_key.pub' \
            2>&1 </dev/null | sed -nE "s,^($usable)([[:blank:]].*)?\$,\1,p")
    fi
    [ -n "$found" ] || answer none "$name" "it has no ed25519 or ECDSA key of it, and cannot ask it"
    printf '%s\n' "$found" | while read -r kind key; do
        [ -z "$kind" ] || answer key "$name" "$ip" "$kind" "$key"
    done
done
answer ready
