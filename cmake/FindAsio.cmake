# Standalone asio, headers only: installed (Debian: libasio-dev), else a pinned release archive.
# Defines Asio::asio and ASIO_VERSION. Used by implementation files alone, so never exported.

include(FetchPinned)

find_path(ASIO_INCLUDE_DIR asio.hpp DOC "Folder that holds asio.hpp")
mark_as_advanced(ASIO_INCLUDE_DIR)
if(NOT ASIO_INCLUDE_DIR)
  closelab_fetch_pinned(asio "install libasio-dev, or give -DASIO_INCLUDE_DIR=<folder with asio.hpp>")
  set(ASIO_INCLUDE_DIR "${asio_SOURCE_DIR}/asio/include")
endif()

file(STRINGS "${ASIO_INCLUDE_DIR}/asio/version.hpp" _line REGEX "#define ASIO_VERSION ")
string(REGEX REPLACE ".*// ([0-9.]+).*" "\\1" ASIO_VERSION "${_line}")

add_library(closelab_asio INTERFACE)
target_include_directories(closelab_asio SYSTEM INTERFACE "${ASIO_INCLUDE_DIR}")
# asio 1.22 takes std::aligned_alloc or not by which standard header came first, so objects would disagree.
# The namespace is renamed because asio is compiled in: a program that embeds closelab may use another asio,
# or the same with other settings.
target_compile_definitions(closelab_asio INTERFACE
  ASIO_STANDALONE ASIO_NO_DEPRECATED ASIO_NO_TS_EXECUTORS ASIO_DISABLE_STD_ALIGNED_ALLOC
  asio=asio_of_closelab)
target_link_libraries(closelab_asio INTERFACE Threads::Threads)
add_library(Asio::asio ALIAS closelab_asio)

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(Asio REQUIRED_VARS ASIO_INCLUDE_DIR VERSION_VAR ASIO_VERSION)
