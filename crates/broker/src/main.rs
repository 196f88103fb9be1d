//! The broker's binary.

fn main() -> std::process::ExitCode {
    vm_autoscale_broker::main()
}
