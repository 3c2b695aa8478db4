// The rules as they are in force, whether they were accepted, and help in plain words; made to be printed.
import { Accordion, Alert, Button, List, Text } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { useLanguage } from '../../shared/appearance.tsx';
import { Section } from '../../shared/facts.tsx';
import { Fault } from '../../shared/fault.tsx';
import { Page } from '../../shared/page.tsx';
import { Waiting } from '../../shared/table.tsx';
import { useRules } from '../holder.ts';
import { RulesToAccept } from '../rules-to-accept.tsx';

const topics = ['connect', 'code', 'password', 'phone', 'machine', 'term', 'stranger'] as const;

export default function Rules() {
  const { t } = useTranslation();
  const language = useLanguage();
  const { data: rules, error } = useRules();
  return (
    <Page
      title={t('page.rules')}
      acts={
        <Button variant="default" className="no-print" onClick={() => print()}>
          {t('recovery.print')}
        </Button>
      }
    >
      <Section title={t('help.title')}>
        <Accordion multiple defaultValue={[...topics]} order={3}>
          {topics.map((topic) => (
            <Accordion.Item key={topic} value={topic}>
              <Accordion.Control>{t(`help.${topic}.title`)}</Accordion.Control>
              <Accordion.Panel>
                <List type="ordered">
                  {t(`help.${topic}.steps`)
                    .split('\n')
                    .map((step) => (
                      <List.Item key={step}>{step}</List.Item>
                    ))}
                </List>
              </Accordion.Panel>
            </Accordion.Item>
          ))}
        </Accordion>
      </Section>
      <Fault error={error} />
      {rules === undefined ? (
        error === null ? (
          <Waiting />
        ) : null
      ) : rules.isAccepted ? (
        <Section title={t('activate.rules')}>
          <Alert variant="default" mb="sm">
            {t('rules.accepted', { version: rules.version })}
          </Alert>
          <Text style={{ whiteSpace: 'pre-line' }}>{language === 'vi' ? rules.textVi : rules.textEn}</Text>
        </Section>
      ) : (
        <RulesToAccept />
      )}
    </Page>
  );
}
