import { Empty, Panel, Tag, type Level } from '../parts/bits';
import { DataTable, type Column } from '../parts/table';
import { compact, duration, int, unknown } from '../fmt';
import { route } from '../router';
import { useChannel } from '../store';
import { t } from '../strings';
import type { GroupView } from '../types';
import { exampleCommands } from './wall';

const levelOf = (state: string): Level => (/stable/i.test(state) ? 'ok' : /empty/i.test(state) ? 'idle' : /dead/i.test(state) ? 'crit' : 'warn');

function columns(): Column<GroupView>[] {
  return [
    { id: 'group', title: t('group'), value: (r) => r.group_id, show: (r) => <span class="name">{r.group_id}</span>, wide: true },
    { id: 'state', title: t('state'), value: (r) => r.state, show: (r) => <Tag level={levelOf(r.state)}>{r.state}</Tag> },
    { id: 'type', title: t('type'), value: (r) => r.type, minor: true },
    { id: 'members', title: t('members'), value: (r) => r.members.length, number: true },
    { id: 'lag', title: t('lag'), value: (r) => r.lag, show: (r) => compact(r.lag), number: true },
    { id: 'lagtime', title: t('lagTime'), value: (r) => r.lag_ms, show: (r) => duration(r.lag_ms), number: true },
    { id: 'topics', title: t('topics'), value: (r) => [...new Set(r.offsets.map((o) => o.topic))].join(', '), minor: true },
    { id: 'assignor', title: t('assignor'), value: (r) => r.protocol || null, minor: true },
    { id: 'coordinator', title: t('coordinator'), value: (r) => r.coordinator, number: true, minor: true },
  ];
}

export function Groups() {
  const { name } = route.value;
  const store = useChannel('groups');
  if (store.version.value === 0) return <p class="muted pad">{t('waiting')}</p>;
  const all = store.list<GroupView>('group/');
  if (name) {
    const group = all.find((x) => x.group_id === name);
    return group ? <Group group={group} /> : <p class="pad">{t('notFound', { what: t('group'), name })} <a href="/groups">{t('backTo', { what: t('groups') })}</a></p>;
  }
  return (
    <>
      <div class="title"><h1>{t('groups')}</h1></div>
      {all.length ? <DataTable id="" label={t('groups')} rows={all} columns={columns()} rowKey={(r) => r.group_id} href={(r) => `/groups/${encodeURIComponent(r.group_id)}`} start="-lag" />
        : <Empty title={t('emptyGroups')} text={t('emptyGroupsText')} commands={[exampleCommands().send, exampleCommands().read]} />}
    </>
  );
}

type OffsetRow = GroupView['offsets'][number];
type Member = GroupView['members'][number];

function Group({ group }: { group: GroupView }) {
  const facts: [string, string][] = [
    [t('lag'), compact(group.lag)], [t('lagTime'), duration(group.lag_ms)], [t('members'), int(group.members.length)], [t('type'), group.type],
    [t('assignor'), group.protocol || unknown], [t('generation'), int(group.generation)], [t('coordinator'), group.coordinator === null ? unknown : `${t('node')} ${group.coordinator}`],
  ];
  const offsets: Column<OffsetRow>[] = [
    { id: 'topic', title: t('partition'), value: (r) => `${r.topic}-${r.partition}`, wide: true },
    { id: 'committed', title: t('committedOffset'), value: (r) => r.committed, show: (r) => (r.committed === null ? <span class="muted">{t('noCommit')}</span> : int(r.committed)), number: true },
    { id: 'end', title: t('logEnd'), value: (r) => r.log_end, show: (r) => int(r.log_end), number: true },
    { id: 'lag', title: t('lag'), value: (r) => r.lag, show: (r) => int(r.lag), number: true },
    { id: 'lagtime', title: t('lagTime'), value: (r) => r.lag_ms, show: (r) => duration(r.lag_ms), number: true },
    { id: 'member', title: t('member'), value: (r) => r.member_id || null, show: (r) => r.member_id || <span class="muted">{t('unassigned')}</span>, minor: true },
  ];
  const members: Column<Member>[] = [
    { id: 'member', title: t('member'), value: (r) => r.member_id, wide: true },
    { id: 'client', title: t('client'), value: (r) => r.client_id },
    { id: 'host', title: t('host'), value: (r) => r.client_host.replace(/^\//, ''), minor: true },
    { id: 'partitions', title: t('partitions'), value: (r) => r.partitions, number: true },
  ];
  return (
    <>
      <div class="title"><a class="back" href="/groups">{t('groups')}</a><h1>{group.group_id}</h1><Tag level={levelOf(group.state)}>{group.state}</Tag></div>
      <dl class="facts row panel">{facts.map(([k, v]) => <div key={k}><dt>{k}</dt><dd>{v}</dd></div>)}</dl>
      <DataTable id="" label={t('partitions')} rows={group.offsets} columns={offsets} rowKey={(r) => `${r.topic}-${r.partition}`} start="-lag" />
      {group.members.length > 0 && <Panel title={t('members')} class="spaced"><DataTable id="m" label={t('members')} rows={group.members} columns={members} rowKey={(r) => r.member_id} filterable={false} /></Panel>}
    </>
  );
}
