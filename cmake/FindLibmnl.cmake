# libmnl, minimal netlink (Debian: libmnl-dev). Defines Libmnl::mnl. Installed with closelab's package.

find_path(LIBMNL_INCLUDE_DIR libmnl/libmnl.h)
find_library(LIBMNL_LIBRARY mnl)
mark_as_advanced(LIBMNL_INCLUDE_DIR LIBMNL_LIBRARY)

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(Libmnl REQUIRED_VARS LIBMNL_LIBRARY LIBMNL_INCLUDE_DIR)

if(Libmnl_FOUND AND NOT TARGET Libmnl::mnl)
  add_library(Libmnl::mnl UNKNOWN IMPORTED)
  set_target_properties(Libmnl::mnl PROPERTIES
    IMPORTED_LOCATION "${LIBMNL_LIBRARY}"
    INTERFACE_INCLUDE_DIRECTORIES "${LIBMNL_INCLUDE_DIR}")
endif()
