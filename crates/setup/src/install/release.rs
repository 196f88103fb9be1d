//! The unpacked release that is installed from.

use std::path::{Path, PathBuf};
use std::process::Output;

use crate::disk::{cannot, sha256};
use crate::error::Error;
use crate::import::shown;
use crate::manifest;
use crate::program::{program, run};
use crate::step::Content;

const VERSION: &str = env!("CARGO_PKG_VERSION");
/// What says which release it is of. The broker says nothing: it is the helper, later on.
const PROGRAMS: [&str; 4] = [
    "bin/vm-autoscale-setup",
    "bin/vm-autoscale",
    "bin/vm-autoscale-helper",
    "bin/vm-autoscale-gate",
];
const BUILT: &str = "target/release";
/// A first start from a slow disk takes its time.
const SECONDS: u32 = 30;

/// Where the files come from.
#[derive(Debug, Clone)]
pub(crate) enum Release {
    Directory(PathBuf),
    /// dpkg has put them to their places.
    Dpkg,
}

impl Release {
    /// The one in that directory, or that this program is of.
    ///
    /// # Errors
    /// There is none, or it is of another version, or for another machine.
    pub(crate) fn find(from: Option<&Path>) -> Result<Self, Error> {
        let directory = match from {
            Some(directory) => directory.canonicalize().map_err(|e| cannot(directory, e))?,
            None => own().ok_or_else(|| {
                let what = "this program does not stand in an unpacked release";
                Error::failed(what, "name the release's directory: --from DIR")
            })?,
        };
        for file in manifest::all()? {
            if !place(&directory, file.from).is_file() {
                let what =
                    format!("{} holds no release: {} is not there", shown(&directory), file.from);
                return Err(Error::failed(
                    what,
                    "name the directory that the tarball was unpacked to: --from DIR",
                ));
            }
        }
        for name in PROGRAMS {
            prove(&place(&directory, name))?;
        }
        Ok(Self::Directory(directory))
    }

    pub(crate) fn is_dpkgs(&self) -> bool {
        matches!(self, Self::Dpkg)
    }

    /// A file of it, with its SHA-256.
    ///
    /// # Errors
    /// It cannot be read.
    pub(crate) fn content(&self, from: &str) -> Result<Option<(Content, String)>, Error> {
        let Self::Directory(directory) = self else { return Ok(None) };
        let path = place(directory, from);
        let sha = std::fs::File::open(&path).and_then(sha256).map_err(|e| cannot(&path, e))?;
        Ok(Some((Content::File(path), sha)))
    }
}

/// Where a file of a release is. A checkout is one, too, with its programs where cargo puts them.
fn place(directory: &Path, from: &str) -> PathBuf {
    match from.strip_prefix("bin/") {
        Some(name) if !directory.join("bin").is_dir() => directory.join(BUILT).join(name),
        _ => directory.join(from),
    }
}

/// The release that this program stands in.
fn own() -> Option<PathBuf> {
    let own = std::env::current_exe().ok()?;
    let programs = own.parent()?;
    let is_built = programs.ends_with(BUILT);
    let bin = if is_built { programs.parent()? } else { programs };
    let release = bin.parent().filter(|_| is_built || bin.ends_with("bin"))?;
    release.join("deploy").is_dir().then(|| release.to_owned())
}

/// Starts a program of the release, so that one for another machine is not found out by the units.
fn prove(path: &Path) -> Result<(), Error> {
    let mut command = program(&path.display().to_string(), SECONDS);
    command.arg("--version");
    let why = match run(command, b"") {
        Ok(output) => match judged(&output) {
            Ok(version) if version == VERSION => return Ok(()),
            Ok(version) => {
                let what =
                    format!("{} is of release {version}, this program of {VERSION}", shown(path));
                let help =
                    "install with the program of that release: DIR/bin/vm-autoscale-setup install";
                return Err(Error::failed(what, help));
            }
            Err(why) => why,
        },
        // The file is there: what is not there is the loader that it names.
        Err(_) => "what it needs to start is not there".to_owned(),
    };
    let what = format!("{} does not run on this machine: {why}", shown(path));
    Err(Error::failed(
        what,
        "fetch the release for this machine: `uname -m` and `ldd --version` say which",
    ))
}

fn judged(output: &Output) -> Result<String, String> {
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let version = said.strip_prefix("vm-autoscale").and_then(|it| it.trim().rsplit(' ').next());
    match version {
        Some(version) if output.status.success() => Ok(version.to_owned()),
        _ => {
            let why = String::from_utf8_lossy(&output.stderr).trim().to_owned();
            let why = vm_autoscale_config::visible(why.lines().last().unwrap_or_default());
            Err(if why.is_empty() { "it does not say its version".to_owned() } else { why })
        }
    }
}
