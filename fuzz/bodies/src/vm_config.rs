//! The .conf files of VMs, and the answer that has several of them.

use vm_autoscale_proxmox::{ConfigFile, PendingValue, VmConfig, redact, split_configs};

const VERSION_HEADER: &str = "==> /etc/pve/.version <==\n";

/// # Panics
/// What leaves the helper has another meaning than what was read, or more in it; or what was read
/// of one VM passes for another one's.
pub fn vm_config(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let passed_on = redact(&text);
    assert_eq!(redact(&passed_on), passed_on, "reduced once more it is less");
    only_known_keys(&passed_on);
    same_meaning(VmConfig::parse(&text), VmConfig::parse(&passed_on));
    let files: Vec<ConfigFile> = [101, 102, 103].into_iter().filter_map(file).collect();
    cut(&files, data);
    let (first, second) = data.split_at(data.len() / 2);
    cut(&files, &answer(&files, &[Some(first), Some(second), None]));
}

fn file(vmid: u32) -> Option<ConfigFile> {
    Some(ConfigFile { node: "pve1".try_into().ok()?, vmid: vmid.try_into().ok()? })
}

/// A key's value is passed on where a decision needs it; of all else at most a name.
fn only_known_keys(passed_on: &str) {
    const KEYS: &str = " agent balloon cores cpulimit cpuunits delete hotplug hugepages lock memory \
        name numa ostype shares smbios1 smp sockets tags template vcpus vmgenid ";
    for line in passed_on.lines().filter(|line| !line.is_empty() && *line != "[PENDING]") {
        let (key, value) = line.split_once(": ").unwrap_or_default();
        let known = KEYS.contains(&format!(" {key} ")) && !key.is_empty();
        assert!(known || value == "(hidden)", "{line:?}");
        assert!(key != "smbios1" || value == "(hidden)" || !value.contains(','), "{line:?}");
    }
}

fn same_meaning<E: PartialEq + std::fmt::Debug>(
    raw: Result<VmConfig, E>,
    read: Result<VmConfig, E>,
) {
    let (raw, read) = match (raw, read) {
        (Ok(raw), Ok(read)) => (raw, read),
        (raw, read) => return assert_eq!(raw, read),
    };
    assert!(raw.pending.keys().eq(read.pending.keys()), "{raw:?} {read:?}");
    for (key, value) in &read.pending {
        assert!(*value == PendingValue::Hidden || raw.pending.get(key) == Some(value), "{key}");
    }
    assert_eq!(VmConfig { pending: read.pending.clone(), ..raw }, read);
}

/// What `tail -v` prints of these files.
fn answer(files: &[ConfigFile], contents: &[Option<&[u8]>]) -> Vec<u8> {
    let mut answer = format!("{VERSION_HEADER}{{}}\n").into_bytes();
    for (file, content) in files.iter().zip(contents) {
        let Some(content) = content else { continue };
        answer.extend(format!("\n==> {} <==\n", file.path()).into_bytes());
        answer.extend(*content);
    }
    answer
}

/// What was cut and is put together again is cut in the same way, and only at the first header
/// of each file behind that of the one before.
fn cut(files: &[ConfigFile], bytes: &[u8]) {
    let Ok(parts) = split_configs(files, bytes) else { return };
    assert_eq!(split_configs(files, &answer(files, &parts)), Ok(parts.clone()));
    let first = bytes.strip_prefix(VERSION_HEADER.as_bytes());
    let later = || behind(bytes, &format!("\n{VERSION_HEADER}"));
    let mut unread = first.or_else(later).unwrap_or_default();
    for (file, part) in files.iter().zip(&parts) {
        let rest = behind(unread, &format!("\n==> {} <==\n", file.path()));
        assert_eq!(rest.is_some(), part.is_some(), "{}", file.path());
        let (Some(rest), Some(part)) = (rest, part) else { continue };
        assert!(rest.starts_with(part) && std::ptr::eq(rest.as_ptr(), part.as_ptr()));
        unread = rest;
    }
    assert_eq!(parts.len(), files.len());
}

fn behind<'a>(bytes: &'a [u8], what: &str) -> Option<&'a [u8]> {
    let at = bytes.windows(what.len()).position(|window| window == what.as_bytes())?;
    bytes.get(at + what.len()..)
}
