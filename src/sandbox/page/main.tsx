/** The page's entry. */
import { createRoot } from 'react-dom/client';
import { App } from './app.tsx';
import './styles/base.css';
import './styles/frame.css';
import './styles/dialog.css';
import './styles/phone.css';
import './styles/message.css';
import './styles/card.css';
import './styles/guide.css';

const root = document.getElementById('root');
if (root !== null) createRoot(root).render(<App />);
