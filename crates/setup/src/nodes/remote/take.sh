changed=no
[ ! -e "$real" ] || rewrite take || die "$real: $(cat "$work/err")"
answer line "$changed"
[ "$gate" = no ] || take_gate
answer ready
exit 0
