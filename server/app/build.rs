//! Builds anew when the embedded browser side changes: the embedding itself does not notice new files.

fn main() {
    println!("cargo:rerun-if-changed=../../viewer/web/dist");
}
