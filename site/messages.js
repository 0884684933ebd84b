import { currentLanguage, say, speak } from './words.js';

const at = (id) => document.getElementById(id);
const forms = ['stop', 'ask', 'enter', 'choose'];
const token = new URLSearchParams(location.search).get('stop'); // a customer's, from the link in a message

/** Shows one of the forms and puts the focus where it begins. */
function open(name) {
  for (const form of forms) at(form).hidden = form !== name;
  at(name).querySelector('input, button').focus();
}

/** Asks the API. Resolves to its answer, or to nothing when it refused or could not be reached. */
async function ask(path, body) {
  const sent = body && { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
  const response = await fetch(path, { ...sent, signal: AbortSignal.timeout(20_000) }).catch(() => undefined);
  return response?.ok ? response.json() : undefined;
}

function write(problem, words) {
  at(problem).textContent = words;
  at(problem)
    .parentElement.querySelector('input')
    .setAttribute('aria-invalid', words !== '');
}

/** True when somebody is signed in; then they see what they chose. */
async function showChoice() {
  const member = await ask('/api/members/me');
  if (!member) return false;
  at('sms').checked = !member.optOut.sms;
  at('email').checked = !member.optOut.email;
  at('email').closest('label').hidden = member.email === null;
  open('choose');
  return true;
}

at('ask').addEventListener('submit', async (event) => {
  event.preventDefault();
  const sent = await ask('/api/sign-in/code', { phoneNumber: at('phone').value, language: currentLanguage() });
  write('ask-problem', sent ? '' : say('codeNotSent'));
  if (sent) open('enter');
});

at('enter').addEventListener('submit', async (event) => {
  event.preventDefault();
  const entered = await ask('/api/sign-in', { phoneNumber: at('phone').value, code: at('code').value });
  write('enter-problem', entered ? '' : say('codeRefused'));
  if (entered && !(await showChoice())) write('enter-problem', say('noMember'));
});

at('anew').addEventListener('click', () => {
  write('enter-problem', '');
  at('code').value = '';
  open('ask');
});

at('choose').addEventListener('submit', async (event) => {
  event.preventDefault();
  at('chosen').textContent = '';
  const saved = await ask('/api/members/me', { optOut: { sms: !at('sms').checked, email: !at('email').checked } });
  at('chosen').textContent = say(saved ? 'saved' : 'notSaved');
});

/** Stops the messages to the phone or the e-mail to which the link came, or lets them come again. */
async function choose(stop) {
  const saved = await ask('/api/messages/stop', { token, stop });
  at('stopped').textContent = say(saved ? (stop ? 'stopped' : 'resumed') : 'notSaved');
  if (saved) at('resume').hidden = !stop;
}
at('stop').addEventListener('submit', (event) => {
  event.preventDefault();
  void choose(true);
});
at('resume').addEventListener('click', () => void choose(false));

for (const button of document.querySelectorAll('[data-language]'))
  button.addEventListener('click', () => {
    localStorage.setItem('malipo-language', button.dataset.language);
    speak(button.dataset.language);
  });

speak(localStorage.getItem('malipo-language') ?? (navigator.language.startsWith('sw') ? 'sw' : 'en'));
if (token) open('stop');
else void showChoice();
