//! The administrator's program.

fn main() -> std::process::ExitCode {
    vm_autoscale::main()
}
