import { useMutation, useQuery } from '@tanstack/react-query'
import { ArrowUp, X } from 'lucide-react'
import { useState } from 'react'
import { replacePolicies } from '../../../../src/files/storage/contract.ts'
import { api, messageOf } from '../../api.ts'
import { Button, IconButton } from '../../ui/button.tsx'
import { Checkbox, TextField } from '../../ui/field.tsx'
import { Notice } from '../../ui/notice.tsx'
import { say } from '../../ui/toast.tsx'
import { refreshFiles } from '../changes.ts'
import { policiesQuery } from '../queries.ts'
import { type RuleForm, toForm, toRule } from './rule-form.ts'
import { storageTexts } from './texts.ts'

/** The rules by which new files are placed; all of them are saved together. */
export const Rules = ({ backends }: { readonly backends: readonly string[] }) => {
  const t = storageTexts.use()
  const found = useQuery(policiesQuery)
  const [edited, setEdited] = useState<readonly RuleForm[]>()
  const rules = edited ?? found.data?.map(toForm) ?? []
  const saving = useMutation({
    mutationFn: () => api.call(replacePolicies, { body: { policies: rules.map(toRule) } }),
    onSuccess: async () => {
      await refreshFiles()
      setEdited(undefined)
      say(t.saved)
    },
  })
  const isWrong = rules.some((rule) => rule.backends.length === 0)
  const nextKey = Math.max(0, ...rules.map(({ key }) => key)) + 1
  const change = (rule: RuleForm): void => setEdited(rules.map((old) => (old.key === rule.key ? rule : old)))
  return (
    <section className="stack">
      <h2>{t.rules}</h2>
      <p className="shares-none">{rules.length === 0 ? t.noRules : `${t.rulesText} ${t.typesHint}`}</p>
      {found.error !== null && <Notice tone="danger">{messageOf(found.error)}</Notice>}
      {rules.length > 0 && (
        <ol className="rules">
          {rules.map((rule, index) => (
            <Rule
              key={rule.key}
              rule={rule}
              number={index + 1}
              backends={backends}
              onChange={change}
              onRemove={() => setEdited(rules.filter(({ key }) => key !== rule.key))}
              onUp={() =>
                setEdited([...rules.slice(0, index - 1), rule, ...rules.slice(index - 1).filter((r) => r !== rule)])
              }
            />
          ))}
        </ol>
      )}
      {saving.error !== null && <Notice tone="danger">{messageOf(saving.error)}</Notice>}
      {isWrong && <Notice tone="warn">{t.oneNeeded}</Notice>}
      <div className="backend-verbs">
        <Button onPress={() => setEdited([...rules, toForm({ backends: backends.slice(0, 1) }, nextKey)])}>
          {t.addRule}
        </Button>
        {edited !== undefined && (
          <Button tone="accent" isDisabled={isWrong} isPending={saving.isPending} onPress={() => saving.mutate()}>
            {t.save}
          </Button>
        )}
      </div>
    </section>
  )
}

const Rule = ({
  rule,
  number,
  backends,
  onChange,
  onRemove,
  onUp,
}: {
  readonly rule: RuleForm
  readonly number: number
  readonly backends: readonly string[]
  readonly onChange: (rule: RuleForm) => void
  readonly onRemove: () => void
  readonly onUp: () => void
}) => {
  const t = storageTexts.use()
  const { minMb, maxMb, types, backends: chosen } = rule
  return (
    <li className="rule" aria-label={t.rule(number)}>
      <TextField
        label={t.minSize}
        inputMode="decimal"
        value={minMb}
        onChange={(text) => onChange({ ...rule, minMb: text })}
      />
      <TextField
        label={t.maxSize}
        inputMode="decimal"
        value={maxMb}
        onChange={(text) => onChange({ ...rule, maxMb: text })}
      />
      <TextField label={t.types} value={types} onChange={(text) => onChange({ ...rule, types: text })} />
      <fieldset>
        <legend>{t.to}</legend>
        {backends.map((name) => (
          <Checkbox
            key={name}
            isSelected={chosen.includes(name)}
            onChange={(on) =>
              onChange({ ...rule, backends: on ? [...chosen, name] : chosen.filter((other) => other !== name) })
            }
          >
            {name}
          </Checkbox>
        ))}
      </fieldset>
      <span>
        <IconButton label={t.ruleUp} isDisabled={number === 1} onPress={onUp}>
          <ArrowUp aria-hidden size={18} />
        </IconButton>
        <IconButton label={t.removeRule} onPress={onRemove}>
          <X aria-hidden size={18} />
        </IconButton>
      </span>
    </li>
  )
}
