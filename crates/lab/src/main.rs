//! A simulated Proxmox node, as a program.

fn main() -> std::process::ExitCode {
    vm_autoscale_lab::cli::main()
}
