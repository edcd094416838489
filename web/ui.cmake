# The dashboard: npm ci, vite build, then every file (and its gzip) into the library by .incbin. With WEIR_UI=OFF a page that says how to build it.
if(NOT WEIR_UI OR NOT EXISTS ${CMAKE_CURRENT_SOURCE_DIR}/ui/package.json)
  target_sources(weir_web PRIVATE ui_off/assets_off.cc)
  return()
endif()
