//! Has the migrations compiled in anew when a file is added to them.

fn main() {
    println!("cargo:rerun-if-changed=migrations");
}
