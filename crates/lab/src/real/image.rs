//! What a guest boots: Debian's kernel, and all its programs in one archive.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use super::archive::Archive;
use super::error::Error;

/// The one that starts VMs.
pub(crate) const QEMU: &str = "qemu-system-x86_64";

const BUSYBOX: &str = "/bin/busybox";

/// What `guest/init` loads; one that is built into a kernel is no file there.
const MODULES: [&str; 6] = [
    "virtio_ring",
    "virtio",
    "virtio_pci_legacy_dev",
    "virtio_pci_modern_dev",
    "virtio_pci",
    "virtio_balloon",
];

/// More than any of the files has.
const MOST_BYTES: u64 = 16 << 20;

/// What all guests of a lab boot, and the directory that the lab has to itself.
#[derive(Debug)]
pub(crate) struct Image {
    pub(super) dir: PathBuf,
    pub(super) kernel: PathBuf,
    pub(super) initramfs: PathBuf,
}

/// What is missing on this machine for real guests, and how to get it.
pub(crate) fn missing(kernel_dir: &Path) -> Option<String> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut missing = Vec::new();
    if !std::env::split_paths(&path).any(|dir| dir.join(QEMU).is_file()) {
        missing.push(format!("{QEMU} (apt-get install qemu-system-x86)"));
    }
    missing.extend(busybox(Path::new(BUSYBOX)).err());
    let kernel = kernel_dir.join("vmlinuz");
    if !kernel.is_file() {
        missing.push(format!("{} (run crates/lab/guest/fetch)", kernel.display()));
    }
    (!missing.is_empty()).then(|| format!("missing: {}", missing.join(", ")))
}

impl Image {
    /// Packs the guest into `dir`, the lab's own; `kernel_dir` is what `guest/fetch` filled.
    pub(crate) async fn prepare(dir: &Path, kernel_dir: &Path) -> Result<Self, Error> {
        if let Some(missing) = missing(kernel_dir) {
            return Err(Error::Missing(missing));
        }
        let absolute = |path: &Path| path.canonicalize().map_err(Error::io(path.display()));
        let (dir, kernel_dir) = (absolute(dir)?, absolute(kernel_dir)?);
        let initramfs = dir.join("initramfs");
        let packed = pack(&kernel_dir)?;
        tokio::fs::write(&initramfs, packed).await.map_err(Error::io(initramfs.display()))?;
        Ok(Self { dir, kernel: kernel_dir.join("vmlinuz"), initramfs })
    }
}

fn pack(kernel_dir: &Path) -> Result<Vec<u8>, Error> {
    let mut archive = Archive::default();
    archive.directory("bin");
    archive.directory("modules");
    archive.file("init", include_bytes!("../../guest/init"));
    archive.file("bin/busybox", &busybox(Path::new(BUSYBOX)).map_err(Error::Missing)?);
    for name in MODULES.map(|module| format!("{module}.ko")) {
        let path = kernel_dir.join(&name);
        if path.exists() {
            archive.file(&format!("modules/{name}"), &read(&path)?);
        }
    }
    Ok(archive.finish())
}

/// The guest's programs, or what is wrong with those here.
fn busybox(path: &Path) -> Result<Vec<u8>, String> {
    let shown = path.display();
    let get = "apt-get install busybox-static";
    let busybox = read(path).map_err(|_| format!("{shown} ({get})"))?;
    // A section that only programs have which load libraries.
    if busybox.windows(7).any(|part| part == b".interp") {
        return Err(format!("{shown} without libraries, which a guest does not have ({get})"));
    }
    Ok(busybox)
}

fn read(path: &Path) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    let file = std::fs::File::open(path).map_err(Error::io(path.display()))?;
    file.take(MOST_BYTES).read_to_end(&mut bytes).map_err(Error::io(path.display()))?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_busybox_that_needs_libraries_is_none() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("busybox");
        assert!(busybox(&path).unwrap_err().ends_with("(apt-get install busybox-static)"));
        std::fs::write(&path, "ELF .interp .text").unwrap();
        let text = busybox(&path).unwrap_err();
        assert!(text.contains("without libraries") && text.contains("busybox-static"), "{text}");
        std::fs::write(&path, "ELF .text").unwrap();
        assert!(busybox(&path).is_ok());
    }

    #[test]
    #[expect(clippy::disallowed_methods, reason = "the script itself is what is tested")]
    fn fetch_says_what_empty_lists_lack() {
        let dir = tempfile::tempdir().unwrap();
        let cache = dir.path().join("apt-cache");
        std::fs::write(&cache, "#!/bin/sh\nexit 100\n").unwrap();
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        std::fs::set_permissions(&cache, mode).unwrap();
        let path = std::env::var("PATH").unwrap();
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("guest/fetch");
        let mut command = std::process::Command::new("bash");
        command.arg(script).arg(dir.path().join("guest"));
        let output = command.env("PATH", format!("{}:{path}", dir.path().display())).output();
        let output = output.unwrap();
        let text = String::from_utf8_lossy(&output.stderr);
        assert!(text.contains("run apt-get update"), "{:?}: {text}", output.status);
        assert_eq!(output.status.code(), Some(1));
    }
}
