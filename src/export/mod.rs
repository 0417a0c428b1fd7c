//! stub
use std::path::Path;
/// stub
pub fn save_value(_: &crate::trace::Trace, _: &str, _: &Path) -> std::io::Result<()> {
    Ok(())
}
