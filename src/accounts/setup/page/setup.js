const form = document.querySelector('form')
const problem = document.querySelector('#problem')
const button = form.querySelector('button')
const token = new URLSearchParams(location.hash.slice(1)).get('t')

const show = (message) => {
  problem.textContent = message
  problem.hidden = false
}

const post = async (path, body) => {
  const response = await fetch(path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(30_000),
  })
  const answer = await response.json()
  if (!response.ok) throw new Error(answer.error)
  return answer
}

if (token === null) {
  button.disabled = true
  show(
    'This address is not complete. Open the link that the server printed, or make a new one with: npx latchkey setup-link',
  )
}

form.addEventListener('submit', async (event) => {
  event.preventDefault()
  problem.hidden = true
  button.disabled = true
  try {
    const { email, password } = Object.fromEntries(new FormData(form))
    await post('/api/auth/setup', { token, email, password })
    history.replaceState(null, '', location.pathname)
    const { key } = await post('/api/keys', { kind: 'files', name: 'First key' })
    document.querySelector('#account').hidden = true
    document.querySelector('#done').hidden = false
    document.querySelector('#key').textContent = key
    document.querySelector('#curl').textContent = `curl -H 'X-API-Key: ${key}' ${location.origin}/api/v1/stats`
    document.querySelector('#copy').focus()
  } catch (error) {
    show(error.message)
    button.disabled = false
  }
})

document.querySelector('#copy').addEventListener('click', async ({ target }) => {
  await navigator.clipboard.writeText(document.querySelector('#key').textContent)
  target.textContent = 'Copied'
})
