/** The page's entry. */
import { createRoot } from 'react-dom/client';
import { App } from './app.tsx';
import './style.css';
import './print.css';

const root = document.getElementById('root');
if (root !== null) createRoot(root).render(<App />);
