//! Directories and ports, by Landlock.

use std::io;

use landlock::{
    ABI, Access, AccessFs, AccessNet, BitFlags, LandlockStatus, NetPort, PathBeneath, PathFd,
    RestrictionStatus, Ruleset, RulesetAttr, RulesetCreatedAttr, RulesetError, RulesetStatus,
    Scope, make_bitflags,
};

use crate::Needs;

/// The last one that the tests were run on; what a newer one could limit is left alone.
const TESTED: ABI = ABI::V7;

/// What files that are replaced as a whole need.
const WRITE: BitFlags<AccessFs> =
    make_bitflags!(AccessFs::{ReadFile | WriteFile | MakeReg | RemoveFile});

/// Gives up all files, ports, signals and abstract sockets but what is needed. The version that
/// holds; 0 where the kernel has none.
pub(super) fn restrict(needs: &Needs) -> io::Result<u32> {
    let mut rules = Vec::new();
    let reads = needs.reads.iter().map(|dir| (dir, AccessFs::ReadFile.into()));
    // One that is not there is said by whoever would write in it, and stays out of reach.
    let writes = needs.writes.iter().filter(|dir| dir.exists()).map(|dir| (dir, WRITE));
    let socket = needs.socket.iter().map(|dir| (dir, AccessFs::RemoveFile.into()));
    for (directory, rights) in reads.chain(writes).chain(socket) {
        rules.push(PathBeneath::new(PathFd::new(directory).map_err(io::Error::other)?, rights));
    }
    let ports = needs.ports.iter().map(|port| NetPort::new(*port, AccessNet::ConnectTcp));
    let enforced = enforce(rules, ports).map_err(io::Error::other)?;
    Ok(match (enforced.ruleset, enforced.landlock) {
        (RulesetStatus::NotEnforced, _) => 0,
        // It names itself by its number.
        (_, LandlockStatus::Available { effective_abi, .. }) => {
            effective_abi.min(TESTED).to_string().parse().unwrap_or(0)
        }
        _ => 0,
    })
}

fn enforce(
    files: Vec<PathBeneath<PathFd>>,
    ports: impl Iterator<Item = NetPort>,
) -> Result<RestrictionStatus, RulesetError> {
    let ports = ports.map(Ok::<_, RulesetError>);
    Ruleset::default()
        .handle_access(AccessFs::from_all(TESTED))?
        .handle_access(AccessNet::from_all(TESTED))?
        .scope(Scope::from_all(TESTED))?
        .create()?
        .add_rules(files.into_iter().map(Ok::<_, RulesetError>))?
        .add_rules(ports)?
        .restrict_self()
}
