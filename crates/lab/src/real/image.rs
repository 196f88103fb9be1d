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
    if !Path::new(BUSYBOX).is_file() {
        missing.push(format!("{BUSYBOX} (apt-get install busybox-static)"));
    }
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
    archive.file("bin/busybox", &busybox()?);
    for name in MODULES.map(|module| format!("{module}.ko")) {
        let path = kernel_dir.join(&name);
        if path.exists() {
            archive.file(&format!("modules/{name}"), &read(&path)?);
        }
    }
    Ok(archive.finish())
}

fn busybox() -> Result<Vec<u8>, Error> {
    let busybox = read(Path::new(BUSYBOX))?;
    // A section that only programs have which load libraries.
    if busybox.windows(7).any(|part| part == b".interp") {
        let text = "needs libraries, which a guest does not have: apt-get install busybox-static";
        return Err(Error::Missing(format!("{BUSYBOX} {text}")));
    }
    Ok(busybox)
}

fn read(path: &Path) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    let file = std::fs::File::open(path).map_err(Error::io(path.display()))?;
    file.take(MOST_BYTES).read_to_end(&mut bytes).map_err(Error::io(path.display()))?;
    Ok(bytes)
}
