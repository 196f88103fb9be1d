//! What an administrator runs once, before and between the daemons.

fn main() -> std::process::ExitCode {
    vm_autoscale_setup::main()
}
