#include "base/wire/codec_impl.h"
#include "base/wire/records/default_principal_data.h"
#include "base/wire/records/end_txn_marker.h"
#include "base/wire/records/kraft_version_record.h"
#include "base/wire/records/leader_change_message.h"
#include "base/wire/records/snapshot_footer_record.h"
#include "base/wire/records/snapshot_header_record.h"
#include "base/wire/records/voters_record.h"

WEIR_WIRE_INSTANTIATE(weir::wire::LeaderChangeMessage)
WEIR_WIRE_INSTANTIATE(weir::wire::SnapshotHeaderRecord)
WEIR_WIRE_INSTANTIATE(weir::wire::SnapshotFooterRecord)
WEIR_WIRE_INSTANTIATE(weir::wire::VotersRecord)
WEIR_WIRE_INSTANTIATE(weir::wire::KRaftVersionRecord)
WEIR_WIRE_INSTANTIATE(weir::wire::EndTxnMarker)
WEIR_WIRE_INSTANTIATE(weir::wire::DefaultPrincipalData)
