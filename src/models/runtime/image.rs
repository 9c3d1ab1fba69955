//! Whether a shared library is whole, told by its own headers without loading it.
//!
//! In: a file. Out: `Ok` where it is an ELF, Mach-O or PE image for this system whose parts all end within
//! the file, else the reason. It reads the header tables only, resolves nothing, and cannot see a damaged
//! byte inside a part: for that there is a hash.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

/// Tables longer than this belong to no sane library.
const MOST_ENTRIES: u64 = 4096;

/// Checks a file before the system's loader maps it. The error is a reason, to follow "but" or a colon.
pub(super) fn check_file(path: &Path) -> Result<(), String> {
    let mut file = File::open(path).map_err(|e| format!("it cannot be read: {e}"))?;
    let metadata = file.metadata().map_err(|e| format!("it cannot be read: {e}"))?;
    if !metadata.is_file() {
        return Err("it is not a file".to_owned());
    }
    check(&mut file, metadata.len(), Format::of_this_system())
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    Elf,
    MachO,
    Pe,
}

impl Format {
    fn of_this_system() -> Self {
        if cfg!(windows) {
            Self::Pe
        } else if cfg!(target_vendor = "apple") {
            Self::MachO
        } else {
            Self::Elf
        }
    }
}

fn check(file: &mut (impl Read + Seek), len: u64, format: Format) -> Result<(), String> {
    let end = match format {
        Format::Elf => elf_end(file),
        Format::MachO => mach_o_end(file, 0),
        Format::Pe => pe_end(file),
    };
    match end {
        // Not even the tables are all there.
        Err(Fault::Io(error)) if error.kind() == std::io::ErrorKind::UnexpectedEof && len > 0 => {
            Err(format!("it is cut short: {len} bytes end inside its headers"))
        }
        Err(Fault::Io(error)) => Err(format!("it cannot be read: {error}")),
        Err(Fault::Foreign) => Err("it is not a shared library for this system".to_owned()),
        Ok(end) if end > len => Err(format!("it is cut short: {len} bytes of {end}")),
        Ok(_) => Ok(()),
    }
}

enum Fault {
    Io(std::io::Error),
    /// Another kind of file.
    Foreign,
}

impl From<std::io::Error> for Fault {
    fn from(error: std::io::Error) -> Self {
        Self::Io(error)
    }
}

/// `N` bytes at an offset.
fn bytes<const N: usize>(file: &mut (impl Read + Seek), at: u64) -> Result<[u8; N], Fault> {
    let mut out = [0; N];
    file.seek(SeekFrom::Start(at))?;
    file.read_exact(&mut out)?;
    Ok(out)
}

/// The first bytes; a file too short to have them is of another kind.
fn magic<const N: usize>(file: &mut (impl Read + Seek)) -> Result<[u8; N], Fault> {
    bytes(file, 0).map_err(|_| Fault::Foreign)
}

fn u16_at(file: &mut (impl Read + Seek), at: u64) -> Result<u64, Fault> {
    Ok(u64::from(u16::from_le_bytes(bytes(file, at)?)))
}

fn u32_at(file: &mut (impl Read + Seek), at: u64) -> Result<u64, Fault> {
    Ok(u64::from(u32::from_le_bytes(bytes(file, at)?)))
}

fn u64_at(file: &mut (impl Read + Seek), at: u64) -> Result<u64, Fault> {
    Ok(u64::from_le_bytes(bytes(file, at)?))
}

/// End of the last part of a 64-bit little-endian ELF file (System V ABI, chapter 4 and 5: the header at
/// 0, the program headers at `e_phoff`, the section table at `e_shoff`).
fn elf_end(file: &mut (impl Read + Seek)) -> Result<u64, Fault> {
    const DYNAMIC: u64 = 3;
    let ident: [u8; 6] = magic(file)?;
    if ident != [0x7f, b'E', b'L', b'F', 2, 1] || u16_at(file, 16)? != DYNAMIC {
        return Err(Fault::Foreign);
    }
    let (segments, sections) = (u64_at(file, 32)?, u64_at(file, 40)?);
    let (segment_size, segment_count) = (u16_at(file, 54)?, u16_at(file, 56)?);
    let (section_size, section_count) = (u16_at(file, 58)?, u16_at(file, 60)?);
    if segment_size < 56 || segment_count == 0 {
        return Err(Fault::Foreign);
    }
    let mut end = segments.saturating_add(segment_size * segment_count);
    if sections != 0 {
        end = end.max(sections.saturating_add(section_size * section_count));
    }
    for index in 0..segment_count {
        let at = segments.saturating_add(index * segment_size);
        let (offset, size) = (u64_at(file, at.saturating_add(8))?, u64_at(file, at.saturating_add(32))?);
        end = end.max(offset.saturating_add(size));
    }
    Ok(end)
}

/// End of the last segment of a 64-bit Mach-O file, or of the last image of a universal one
/// (`mach-o/loader.h`, `mach-o/fat.h`).
fn mach_o_end(file: &mut (impl Read + Seek), base: u64) -> Result<u64, Fault> {
    const SEGMENT_64: u64 = 0x19;
    let ident: [u8; 4] = if base == 0 { magic(file)? } else { bytes(file, base)? };
    match ident {
        [0xcf, 0xfa, 0xed, 0xfe] => {
            let commands = u32_at(file, base + 16)?.min(MOST_ENTRIES);
            let mut at = base + 32;
            let mut end = at;
            for _ in 0..commands {
                let (command, size) = (u32_at(file, at)?, u32_at(file, at + 4)?);
                if command == SEGMENT_64 {
                    let (offset, length) = (u64_at(file, at + 40)?, u64_at(file, at + 48)?);
                    end = end.max(base.saturating_add(offset).saturating_add(length));
                }
                at += size.max(8);
            }
            Ok(end.max(at))
        }
        [0xca, 0xfe, 0xba, 0xbe] if base == 0 => {
            let images = u64::from(u32::from_be_bytes(bytes(file, 4)?)).min(MOST_ENTRIES);
            let mut end = 8 + images * 20;
            for index in 0..images {
                let at = 8 + index * 20;
                let offset = u64::from(u32::from_be_bytes(bytes(file, at + 8)?));
                let size = u64::from(u32::from_be_bytes(bytes(file, at + 12)?));
                end = end.max(offset.saturating_add(size));
            }
            Ok(end)
        }
        _ => Err(Fault::Foreign),
    }
}

/// End of the last section of a PE file (Microsoft's "PE Format": the offset of the header at 0x3c, the
/// section table after the optional header).
fn pe_end(file: &mut (impl Read + Seek)) -> Result<u64, Fault> {
    let ident: [u8; 2] = magic(file)?;
    if ident != *b"MZ" {
        return Err(Fault::Foreign);
    }
    let header = u32_at(file, 0x3c)?;
    if bytes::<4>(file, header)? != *b"PE\0\0" {
        return Err(Fault::Foreign);
    }
    let sections = u16_at(file, header + 6)?.min(MOST_ENTRIES);
    let table = header + 24 + u16_at(file, header + 20)?;
    let mut end = table + sections * 40;
    for index in 0..sections {
        let at = table + index * 40;
        let (size, offset) = (u32_at(file, at + 16)?, u32_at(file, at + 20)?);
        end = end.max(offset + size);
    }
    Ok(end)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::io::Cursor;

    fn verdict(bytes: &[u8], format: Format) -> Result<(), String> {
        check(&mut Cursor::new(bytes), bytes.len() as u64, format)
    }

    fn put(image: &mut [u8], at: usize, value: &[u8]) {
        image[at..at + value.len()].copy_from_slice(value);
    }

    /// An ELF header, one segment of 1,000 bytes at 200, a section table at its end.
    fn elf() -> Vec<u8> {
        let mut image = vec![0; 1264];
        put(&mut image, 0, &[0x7f, b'E', b'L', b'F', 2, 1]);
        put(&mut image, 16, &3_u16.to_le_bytes());
        put(&mut image, 32, &64_u64.to_le_bytes());
        put(&mut image, 40, &1200_u64.to_le_bytes());
        put(&mut image, 54, &56_u16.to_le_bytes());
        put(&mut image, 56, &1_u16.to_le_bytes());
        put(&mut image, 58, &64_u16.to_le_bytes());
        put(&mut image, 60, &1_u16.to_le_bytes());
        put(&mut image, 64 + 8, &200_u64.to_le_bytes());
        put(&mut image, 64 + 32, &1000_u64.to_le_bytes());
        image
    }

    fn mach_o() -> Vec<u8> {
        let mut image = vec![0; 500];
        put(&mut image, 0, &[0xcf, 0xfa, 0xed, 0xfe]);
        put(&mut image, 16, &1_u32.to_le_bytes());
        put(&mut image, 32, &0x19_u32.to_le_bytes());
        put(&mut image, 36, &72_u32.to_le_bytes());
        put(&mut image, 32 + 40, &100_u64.to_le_bytes());
        put(&mut image, 32 + 48, &400_u64.to_le_bytes());
        image
    }

    fn pe() -> Vec<u8> {
        let mut image = vec![0; 500];
        put(&mut image, 0, b"MZ");
        put(&mut image, 0x3c, &64_u32.to_le_bytes());
        put(&mut image, 64, b"PE\0\0");
        put(&mut image, 64 + 6, &1_u16.to_le_bytes());
        put(&mut image, 64 + 24 + 16, &300_u32.to_le_bytes());
        put(&mut image, 64 + 24 + 20, &200_u32.to_le_bytes());
        image
    }

    #[test]
    fn a_whole_image_passes_and_every_shorter_one_is_cut_short() {
        for (image, format) in [(elf(), Format::Elf), (mach_o(), Format::MachO), (pe(), Format::Pe)] {
            assert_eq!(verdict(&image, format), Ok(()), "{format:?}");
            for len in 70..image.len() {
                let reason = verdict(&image[..len], format).unwrap_err();
                assert!(reason.contains("cut short"), "{format:?} {len}: {reason}");
            }
        }
    }

    #[test]
    fn other_files_are_named_as_such() {
        for format in [Format::Elf, Format::MachO, Format::Pe] {
            for text in
                ["", "#", "not a library, but long enough to have headers of every kind, all nonsense"]
            {
                let reason = verdict(text.as_bytes(), format).unwrap_err();
                assert!(reason.contains("not a shared library"), "{format:?}: {reason}");
            }
        }
    }

    #[test]
    fn this_test_program_is_an_image_of_this_system() {
        let program = std::env::current_exe().unwrap();
        assert_eq!(check_file(&program), Ok(()));
        assert!(check_file(Path::new("/nowhere/libonnxruntime.so")).unwrap_err().contains("cannot be read"));
        assert!(check_file(&std::env::temp_dir()).unwrap_err().contains("not a file"));
    }

    proptest! {
        #[test]
        fn nonsense_is_refused_without_a_panic(
            body in proptest::collection::vec(any::<u8>(), 0..300),
            kind in 0_usize..3,
        ) {
            let (mut image, format) =
                [(elf(), Format::Elf), (mach_o(), Format::MachO), (pe(), Format::Pe)][kind].clone();
            let len = body.len().min(image.len() - 6);
            image[6..6 + len].copy_from_slice(&body[..len]);
            let _ = verdict(&image, format);
        }
    }
}
