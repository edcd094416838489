import { render } from 'preact';
import './styles.css';
import { App } from './app';
import { connect, dropConnection, wireStats } from './live';
import { seriesStats, startSeries } from './series';

startSeries();
connect();
render(<App />, document.getElementById('app')!);

// For the browser test: counts only, and a way to lose the connection.
Object.assign(window, { weir: { wire: wireStats, series: seriesStats, drop: dropConnection } });
