import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { FocusHere } from '../ui/focus-here.tsx'
import { AccountStep } from './account-step.tsx'
import { FirstStep } from './first-step.tsx'
import { KeyStep } from './key-step.tsx'
import { setupTexts } from './texts.ts'
import './setup.css'

const STEPS = ['account', 'first', 'key'] as const

/** The first thing that anybody sees: three steps, of which only the first is needed. */
export const SetupPage = () => {
  const t = setupTexts.use()
  const navigate = useNavigate()
  const [step, setStep] = useState<(typeof STEPS)[number]>('account')
  const [goal, setGoal] = useState('/')
  return (
    <main className="setup">
      <h1>{t.title}</h1>
      <ol className="setup-steps" aria-label={t.steps}>
        {STEPS.map((name) => (
          <li key={name} aria-current={name === step ? 'step' : undefined}>
            {t[name]}
          </li>
        ))}
      </ol>
      {step === 'account' && <AccountStep onDone={() => setStep('first')} />}
      {step === 'first' && (
        <FocusHere label={t.first}>
          <FirstStep
            onChosen={(address) => {
              setGoal(address)
              setStep('key')
            }}
          />
        </FocusHere>
      )}
      {step === 'key' && (
        <FocusHere label={t.key}>
          <KeyStep onDone={() => navigate({ to: goal })} />
        </FocusHere>
      )}
    </main>
  )
}
