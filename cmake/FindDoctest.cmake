# doctest, one header: installed (Debian: doctest-dev), else a pinned release archive.
# Defines Doctest::doctest and DOCTEST_VERSION.

include(FetchPinned)
include(HeaderVersion)

find_path(DOCTEST_INCLUDE_DIR doctest/doctest.h DOC "Folder that holds doctest/doctest.h")
mark_as_advanced(DOCTEST_INCLUDE_DIR)
if(NOT DOCTEST_INCLUDE_DIR)
  closelab_fetch_pinned(doctest "install doctest-dev, or give -DDOCTEST_INCLUDE_DIR=<folder with doctest/doctest.h>")
  set(DOCTEST_INCLUDE_DIR "${doctest_SOURCE_DIR}")
endif()
closelab_header_version(DOCTEST_VERSION "${DOCTEST_INCLUDE_DIR}/doctest/doctest.h"
                        DOCTEST_VERSION_MAJOR DOCTEST_VERSION_MINOR DOCTEST_VERSION_PATCH)

add_library(closelab_doctest INTERFACE)
target_include_directories(closelab_doctest SYSTEM INTERFACE "${DOCTEST_INCLUDE_DIR}")
add_library(Doctest::doctest ALIAS closelab_doctest)

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(Doctest REQUIRED_VARS DOCTEST_INCLUDE_DIR VERSION_VAR DOCTEST_VERSION)
