use vm_autoscale_node::Digest;

use super::*;

/// The limits that a text sets.
pub(crate) fn of(text: &str) -> Result<Limits, String> {
    parse::limits(text)
}

/// A change of VM 101, or another one.
fn change(options: &str) -> NodeCommand {
    let (vmid, options) = options.split_once(": ").unwrap_or(("101", options));
    let digest = Digest::from_bytes([7; 20]);
    NodeCommand::parse(&format!("/usr/sbin/qm set {vmid} {options} --digest {digest}")).unwrap()
}

/// For each key: what it lets through and what it does not.
#[test]
fn each_limit_holds_and_lets_through_what_is_within() {
    for (conf, within, beyond) in [
        ("read_only true", None, Some("--vcpus 1")),
        ("read_only = false", Some("--vcpus 1"), None),
        ("vms 101, 200-299", Some("--vcpus 1"), Some("102: --vcpus 1")),
        ("vms=101 200-299", Some("299: --vcpus 1"), Some("300: --revert vcpus")),
        ("except 102", Some("--revert vcpus"), Some("102: --revert vcpus")),
        ("vms 100-200\nexcept 150-160", Some("149: --vcpus 1"), Some("155: --vcpus 1")),
        ("min_vcpus 2", Some("--vcpus 2"), Some("--vcpus 1")),
        ("max_vcpus 8", Some("--vcpus 8"), Some("--vcpus 9")),
        ("min_memory 2048", Some("--memory 2048"), Some("--memory 1536")),
        ("max_memory\t=\t4096", Some("--memory 4096"), Some("--memory 4608")),
        ("min_cpulimit 0.5", Some("--cpulimit 0.5"), Some("--cpulimit 0.49")),
        ("max_cpulimit 8", Some("--cpulimit 8"), Some("--cpulimit 8.01")),
        ("max_cpulimit 128", Some("--cpulimit 128"), Some("--cpulimit 0")),
        ("min_cpulimit 0.5", Some("--cpulimit 0"), None),
        ("min_balloon 1024", Some("--balloon 1024"), Some("--balloon 1023")),
        ("max_balloon 2048", Some("--balloon 2048"), Some("--balloon 2049")),
        ("max_balloon 2048", None, Some("--memory 4096 --balloon 2049")),
        ("max_memory 4096", None, Some("--memory 4608 --balloon 1024")),
        ("# vcpus\n\n  max_vcpus 8  \n", Some("--memory 8192"), Some("--vcpus 9")),
    ] {
        let limits = of(conf).unwrap();
        if let Some(within) = within {
            assert_eq!(limits.check(&change(within)), Ok(()), "{conf}");
        }
        if let Some(beyond) = beyond {
            let why = limits.check(&change(beyond)).unwrap_err();
            let key = conf.lines().last().unwrap().trim().split([' ', '=', '\t']).next().unwrap();
            assert!(why.contains(&format!("`{key}`")) || conf.starts_with('#'), "{conf}: {why}");
        }
    }
}

#[test]
fn without_limits_every_change_of_a_size_that_there_is_is_let_through() {
    for options in ["--vcpus 4096", "--memory 8192 --balloon 1", "--cpulimit 0", "--revert memory"]
    {
        assert_eq!(of("").unwrap().check(&change(options)), Ok(()));
        assert_eq!(of("# nothing\n").unwrap().check(&change(options)), Ok(()));
    }
    let why = of("").unwrap().check(&change("--memory 1025")).unwrap_err();
    assert!(why.contains("no size that hotplug can reach"), "{why}");
}

#[test]
fn what_is_wrong_is_told_with_its_line() {
    for (conf, problem) in [
        ("max_vcpu 8", "1: `max_vcpu` is no key of this file"),
        ("\n# x\nmax_vcpus 0", "3: max_vcpus: vcpus 0 is outside 1 to 4096"),
        ("max_vcpus +8", "1: max_vcpus: `+8` is no number"),
        ("max_vcpus 8 # four", "1: max_vcpus: `8 # four` is no number"),
        ("max_vcpus", "1: a key without a value"),
        ("max_vcpus =", "1: max_vcpus: `` is no number"),
        ("max_vcpus 8\nmax_vcpus = 9", "2: `max_vcpus` is there twice"),
        ("max_vcpus 2\nmin_vcpus 4", "2: min_vcpus: the minimum is above the maximum"),
        ("max_cpulimit 129", "1: max_cpulimit: cpulimit 12900 is outside 0 to 128 cores"),
        ("read_only 1", "1: read_only: `1` is neither true nor false"),
        ("vms ,", "1: vms: no VM"),
        ("vms 300-200", "1: vms: 300-200 is empty"),
        ("vms 101-", "1: vms: VMID  is outside 100 to 999999999"),
        ("except 0101", "1: except: VMID 0101 is outside 100 to 999999999"),
        ("max_memory 8G", "1: max_memory: `8G` is no number"),
        ("\u{1b}[2J 1", "1: `\\u{1b}[2J` is no key of this file"),
    ] {
        let told = of(conf).unwrap_err();
        assert!(told.starts_with(problem), "{conf}: {told}");
    }
}
