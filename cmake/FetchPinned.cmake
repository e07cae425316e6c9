# Release archives for machines that don't package a dependency. Nothing is downloaded unless the
# dependency was not found installed, and nothing is unpacked whose SHA-256 differs.
#
# closelab_fetch_pinned(llhttp <what helps>) downloads, unpacks and sets llhttp_SOURCE_DIR; the archive's own build
# files are not used. Where it can't be downloaded, one sentence says what helps. Offline:
# -DFETCHCONTENT_SOURCE_DIR_LLHTTP=<unpacked archive>.

include(FetchContent)

set(llhttp_pin https://github.com/nodejs/llhttp/archive/refs/tags/release/v9.2.1.tar.gz
               3c163891446e529604b590f9ad097b2e98b5ef7e4d3ddcf1cf98b62ca668f23e)
set(asio_pin https://github.com/chriskohlhoff/asio/archive/asio-1-22-1.tar.gz
             30cb54a5de5e465d10ec0c2026d6b5917f5e89fffabdbabeb1475846fc9a2cf0)
set(doctest_pin https://github.com/doctest/doctest/archive/v2.4.9.tar.gz
                19b2df757f2f3703a5e63cee553d85596875f06d91a3333acd80a969ef210856)

# Once and not for long: FetchContent would try six times, for two minutes.
function(closelab_download name url archive what_helps)
  if(EXISTS "${archive}")
    return()
  endif()
  file(DOWNLOAD "${url}" "${archive}" STATUS status INACTIVITY_TIMEOUT 10 TIMEOUT 60)
  list(POP_FRONT status code)
  if(NOT code EQUAL 0)
    file(REMOVE "${archive}")
    message(FATAL_ERROR "${name} is not installed and could not be downloaded (${status}): ${what_helps}.")
  endif()
endfunction()

macro(closelab_fetch_pinned name what_helps)
  list(GET ${name}_pin 0 _url)
  list(GET ${name}_pin 1 _sha256)
  string(TOUPPER ${name} _upper)
  message(STATUS "${name}: not installed; fetching ${_url} (or give -DFETCHCONTENT_SOURCE_DIR_${_upper}=<unpacked archive>)")
  set(_archive "${PROJECT_BINARY_DIR}/downloads/${name}.tar.gz")
  if(NOT FETCHCONTENT_SOURCE_DIR_${_upper} AND NOT FETCHCONTENT_FULLY_DISCONNECTED)
    closelab_download(${name} ${_url} "${_archive}" "${what_helps}")
  endif()
  FetchContent_Declare(${name} URL "${_archive}" URL_HASH SHA256=${_sha256}
                       DOWNLOAD_EXTRACT_TIMESTAMP OFF
                       SOURCE_SUBDIR not-built-by-its-own-files)
  FetchContent_MakeAvailable(${name})
endmacro()
