# llhttp, the HTTP parser: https://llhttp.org. Tried in this order:
#
#   1. CLOSELAB_LLHTTP_ROOT, a folder that holds llhttp.h, llhttp.c, api.c and http.c
#      (for example an unpacked release archive or node-llhttp package)
#   2. an installed llhttp >= 9 with its CMake package
#   3. the C sources of Debian's package node-llhttp, in /usr/share, or where ./run or cmake/fetch-llhttp unpacked them
#   4. a pinned release archive, see FetchPinned.cmake
#
# Sources are compiled into closelab itself, so that its package needs no llhttp. Defines:
#
#   Llhttp::llhttp    what http/ compiles against
#   LLHTTP_OBJECTS    llhttp's objects when it is compiled here, else empty
#   LLHTTP_VERSION, LLHTTP_ORIGIN

include(FetchPinned)
include(HeaderVersion)
set(CLOSELAB_LLHTTP_ROOT "" CACHE PATH "Folder with llhttp's C sources and header; empty: look for an installed one")

# Sets LLHTTP_INCLUDE_DIR and LLHTTP_SOURCE_DIR when `root` holds a source tree of llhttp.
macro(closelab_llhttp_tree root)
  find_path(LLHTTP_INCLUDE_DIR llhttp.h PATHS "${root}" PATH_SUFFIXES share/include/llhttp usr/share/include/llhttp include
            NO_DEFAULT_PATH NO_CACHE)
  find_path(LLHTTP_SOURCE_DIR llhttp.c PATHS "${root}" PATH_SUFFIXES share/llhttp usr/share/llhttp src
            NO_DEFAULT_PATH NO_CACHE)
endmacro()

set(LLHTTP_OBJECTS "")
set(LLHTTP_PACKAGED OFF)
if(CLOSELAB_LLHTTP_ROOT)
  closelab_llhttp_tree("${CLOSELAB_LLHTTP_ROOT}")
  if(NOT LLHTTP_INCLUDE_DIR OR NOT LLHTTP_SOURCE_DIR)
    message(FATAL_ERROR "CLOSELAB_LLHTTP_ROOT=${CLOSELAB_LLHTTP_ROOT} does not hold llhttp.h and llhttp.c")
  endif()
  set(LLHTTP_ORIGIN "C sources in ${CLOSELAB_LLHTTP_ROOT}")
else()
  find_package(llhttp CONFIG QUIET)
  foreach(candidate llhttp::llhttp_static llhttp::llhttp_shared llhttp::llhttp)
    if(TARGET ${candidate} AND NOT LLHTTP_PACKAGED)
      get_target_property(_dirs ${candidate} INTERFACE_INCLUDE_DIRECTORIES)
      find_path(LLHTTP_INCLUDE_DIR llhttp.h PATHS ${_dirs} NO_DEFAULT_PATH NO_CACHE)
      closelab_header_version(_version "${LLHTTP_INCLUDE_DIR}/llhttp.h" LLHTTP_VERSION_MAJOR)
      if(_version GREATER_EQUAL 9)
        set(LLHTTP_PACKAGED ON)
        set(LLHTTP_ORIGIN "installed package, ${llhttp_DIR}")
        add_library(Llhttp::llhttp ALIAS ${candidate})
      else()
        unset(LLHTTP_INCLUDE_DIR)
      endif()
    endif()
  endforeach()
  if(NOT LLHTTP_PACKAGED)
    foreach(root /usr "${PROJECT_SOURCE_DIR}/build/deps/llhttp")
      if(NOT LLHTTP_INCLUDE_DIR OR NOT LLHTTP_SOURCE_DIR)
        unset(LLHTTP_INCLUDE_DIR)
        unset(LLHTTP_SOURCE_DIR)
        closelab_llhttp_tree("${root}")
        set(LLHTTP_ORIGIN "C sources of the package node-llhttp in ${root}")
      endif()
    endforeach()
    if(NOT LLHTTP_INCLUDE_DIR OR NOT LLHTTP_SOURCE_DIR)
      unset(LLHTTP_INCLUDE_DIR)
      unset(LLHTTP_SOURCE_DIR)
      closelab_fetch_pinned(llhttp
        "run ${PROJECT_SOURCE_DIR}/cmake/fetch-llhttp, which takes it out of Debian's package, or give -DCLOSELAB_LLHTTP_ROOT=<folder with llhttp.h and llhttp.c>")
      closelab_llhttp_tree("${llhttp_SOURCE_DIR}")
      set(LLHTTP_ORIGIN "pinned release archive")
    endif()
  endif()
endif()

closelab_header_version(LLHTTP_VERSION "${LLHTTP_INCLUDE_DIR}/llhttp.h"
                        LLHTTP_VERSION_MAJOR LLHTTP_VERSION_MINOR LLHTTP_VERSION_PATCH)

if(NOT LLHTTP_PACKAGED)
  add_library(closelab_llhttp OBJECT
    "${LLHTTP_SOURCE_DIR}/llhttp.c" "${LLHTTP_SOURCE_DIR}/api.c" "${LLHTTP_SOURCE_DIR}/http.c")
  target_include_directories(closelab_llhttp SYSTEM PUBLIC "${LLHTTP_INCLUDE_DIR}")
  target_compile_options(closelab_llhttp PRIVATE -w)
  set_target_properties(closelab_llhttp PROPERTIES POSITION_INDEPENDENT_CODE ON C_STANDARD 99)
  add_library(Llhttp::llhttp ALIAS closelab_llhttp)
  set(LLHTTP_OBJECTS $<TARGET_OBJECTS:closelab_llhttp>)
endif()

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(Llhttp REQUIRED_VARS LLHTTP_ORIGIN LLHTTP_INCLUDE_DIR VERSION_VAR LLHTTP_VERSION)
