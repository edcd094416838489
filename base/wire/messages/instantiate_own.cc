// The codecs of our own APIs.
#include "base/wire/codec_impl.h"
#include "base/wire/messages/weir_node_view.h"

WEIR_WIRE_INSTANTIATE(weir::wire::WeirNodeViewRequest)
WEIR_WIRE_INSTANTIATE(weir::wire::WeirNodeViewResponse)
