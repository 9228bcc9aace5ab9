import { ProgressBar } from 'react-aria-components'

/** How far something is, in words and as a bar. `value` is 0 to 1; without it nobody knows yet. */
export const Progress = ({ label, value }: { readonly label: string; readonly value?: number }) => (
  <ProgressBar className="progress" aria-label={label} isIndeterminate={value === undefined} value={(value ?? 0) * 100}>
    {({ percentage }) => (
      <div className="progress-track">
        <div className="progress-fill" style={{ inlineSize: `${percentage ?? 0}%` }} />
      </div>
    )}
  </ProgressBar>
)
