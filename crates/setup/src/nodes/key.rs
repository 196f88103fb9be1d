//! The helper's key and the line by which a node lets it in.

use std::fmt;
use std::net::IpAddr;
use std::path::Path;
use std::sync::Arc;

use russh::keys::{PrivateKey, PublicKey};
use vm_autoscale_config::{Access, read_checked};
use vm_autoscale_ssh::private_key;

use crate::error::Error;
use crate::import::shown;
use crate::key::host;
use crate::paths;

/// Reads a private key as the helper does.
///
/// # Errors
/// It is missing, others can read it, or it is none that can be used.
pub(crate) fn identity(path: &Path) -> Result<Arc<PrivateKey>, Error> {
    let text = read_checked(path, Access::Private).map_err(|error| {
        if error.is_missing() {
            let what = format!("{}: there is no key yet", shown(path));
            return Error::failed(what, "vm-autoscale-setup install makes it");
        }
        vm_autoscale_config::Error::from(error).into()
    })?;
    let key = private_key(&text).map_err(|problem| {
        let help = "ssh-keygen -t ed25519 -N '' -f FILE makes one that is";
        Error::failed(format!("{}: {problem}", shown(path)), help)
    })?;
    Ok(Arc::new(key))
}

/// A line of `authorized_keys`.
#[derive(Debug, Clone)]
pub(crate) struct Line {
    /// From where the key is good.
    from: Vec<IpAddr>,
    /// Whether it opens the gate alone.
    pub(crate) gated: bool,
    kind: String,
    blob: String,
    comment: String,
}

impl Line {
    /// # Errors
    /// None in practice.
    pub(crate) fn new(key: &PrivateKey, from: Vec<IpAddr>, gated: bool) -> Result<Self, Error> {
        let bare = PublicKey::new(key.public_key().key_data().clone(), "").to_openssh();
        let bare = bare.map_err(|error| Error::failed(error.to_string(), "please report it"))?;
        let (kind, blob) = bare.trim().split_once(' ').unwrap_or((bare.trim(), ""));
        let (kind, blob) = (kind.to_owned(), blob.to_owned());
        Ok(Self { from, gated, kind, blob, comment: format!("vm-autoscale@{}", host()) })
    }

    pub(crate) fn is_good_from(&self, address: IpAddr) -> bool {
        self.from.contains(&address)
    }

    /// From where it is good.
    pub(crate) fn sources(&self) -> String {
        let from: Vec<String> = self.from.iter().map(IpAddr::to_string).collect();
        from.join(",")
    }

    /// Type and key.
    pub(crate) fn key(&self) -> String {
        format!("{} {}", self.kind, self.blob)
    }

    /// For sed -E: whatever line has this key and is no comment. Base64 has one character that
    /// means something there.
    pub(crate) fn pattern(&self) -> String {
        let blob = self.blob.replace('+', "[+]");
        let (space, kind) = ("[[:blank:]]", &self.kind);
        format!("^{space}*([^#[:blank:]].*{space})?{kind}{space}+{blob}({space}|\\r?$)")
    }
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "restrict,from=\"{}\"", self.sources())?;
        if self.gated {
            write!(f, ",command=\"{}\"", paths::GATE)?;
        }
        write!(f, " {} {}", self.key(), self.comment)
    }
}

#[cfg(test)]
mod tests {
    use std::process::Stdio;

    use super::*;
    use crate::program::{program, run};

    fn line(gated: bool) -> Line {
        let seed = russh::keys::ssh_key::private::Ed25519Keypair::from_seed(&[7; 32]);
        let from = vec!["192.0.2.10".parse().unwrap(), "fd00::10".parse().unwrap()];
        Line::new(&PrivateKey::from(seed), from, gated).unwrap()
    }

    #[test]
    fn the_line_lets_in_from_here_and_to_the_gate_alone() {
        let text = line(true).to_string();
        let head = "restrict,from=\"192.0.2.10,fd00::10\",\
                    command=\"/usr/libexec/vm-autoscale/gate\" ssh-ed25519 AAAA";
        assert!(text.starts_with(head) && text.contains(" vm-autoscale@"), "{text}");
        assert!(!line(false).to_string().contains("command="));
        assert!(text.chars().all(|c| c.is_ascii_graphic() || c == ' '), "{text}");
    }

    /// Whatever options and comment it has, and no line of another key.
    #[test]
    fn the_pattern_finds_every_line_of_the_key_and_no_other() {
        let line = Line { blob: "AA+/b+c=".to_owned(), ..line(true) };
        let ours = [
            line.to_string(),
            "ssh-ed25519 AA+/b+c=".to_owned(),
            "  ssh-ed25519\tAA+/b+c= root@pve1".to_owned(),
            "from=\"a b\",no-pty   ssh-ed25519 AA+/b+c= x y\r".to_owned(),
            "ssh-ed25519 AA+/b+c=\r".to_owned(),
        ];
        let others = [
            "#ssh-ed25519 AA+/b+c= off",
            " # ssh-ed25519 AA+/b+c=",
            "ssh-ed25519 AAA+/b+c=",
            "ssh-ed25519 AA+/b+c=c",
            "ssh-rsa AA+/b+c=",
            "ssh-ed25519 AA+/b",
            "",
            "xssh-ed25519 AA+/b+c=",
        ];
        for (lines, expected) in
            [(ours.join("\n"), String::new()), (others.join("\n"), others.join("\n"))]
        {
            let mut sed = program("sed", 9);
            sed.arg("-E").arg(format!("\\,{},d", line.pattern())).stderr(Stdio::inherit());
            let out = run(sed, lines.as_bytes()).unwrap();
            assert_eq!(String::from_utf8(out.stdout).unwrap(), expected);
        }
    }
}
