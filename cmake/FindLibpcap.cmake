# libpcap, packet capture for experiments and tests (Debian: libpcap-dev). Defines Libpcap::pcap.

find_path(LIBPCAP_INCLUDE_DIR pcap/pcap.h)
find_library(LIBPCAP_LIBRARY pcap)
mark_as_advanced(LIBPCAP_INCLUDE_DIR LIBPCAP_LIBRARY)

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(Libpcap REQUIRED_VARS LIBPCAP_LIBRARY LIBPCAP_INCLUDE_DIR)

if(Libpcap_FOUND AND NOT TARGET Libpcap::pcap)
  add_library(Libpcap::pcap UNKNOWN IMPORTED)
  set_target_properties(Libpcap::pcap PROPERTIES
    IMPORTED_LOCATION "${LIBPCAP_LIBRARY}"
    INTERFACE_INCLUDE_DIRECTORIES "${LIBPCAP_INCLUDE_DIR}")
endif()
