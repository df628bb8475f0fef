/** The registry of everything the product can do. Adding a capability = adding its operation here. */
import { Registry, type Operation } from './core/operations/operation.ts';
import { giveBack, handBack, handBackChat } from './core/runtime/handover-operations.ts';
import { publishFlow } from './core/runtime/flow-operations.ts';
import { processOperations } from './core/runtime/process-operations.ts';
import type { Flows } from './core/runtime/flows.ts';
import * as applications from './domain/applications/index.ts';
import * as customers from './domain/customers/index.ts';
import * as incidents from './domain/incidents/index.ts';
import * as leads from './domain/leads/index.ts';
import * as loans from './domain/loans/index.ts';
import * as products from './domain/products/index.ts';
import {
  askAfterComplaint,
  followZone,
  migrationOperations,
  planReminders,
  reminderSchedules,
} from './domain/reminders/index.ts';
import * as staff from './domain/staff/index.ts';
import * as timeline from './domain/timeline/index.ts';
import * as todos from './domain/todos/index.ts';

/** Builds the registry. */
export function createRegistry(flows: Flows, parts: { readonly operations: readonly Operation[] }): Registry {
  const schedules = reminderSchedules(flows);
  const registry = new Registry();
  return registry
    .add(staff.addStaff, staff.bindStaff, staff.updateStaff, staff.listAllStaff, staff.disable, staff.notifyStaff)
    .add(
      staff.setOwnLanguage,
      staff.helpTopics((operation) => registry.find(operation)?.access),
    )
    .add(staff.createToken, staff.listAllTokens, staff.revokeToken)
    .add(
      customers.searchCustomers,
      customers.listMyCustomers,
      customers.getCustomer,
      customers.revealCustomer,
      customers.createBindingLink,
      customers.setCustomerLanguage,
      customers.setCustomerZone,
    )
    .add(timeline.readTimeline)
    .add(
      leads.captureLead,
      leads.createLead,
      leads.updateLead,
      leads.getLead,
      leads.listAssignments,
      leads.findCustomers,
      leads.findLeadToResume,
      leads.followOwner,
      leads.planReassignment,
      leads.reassignLead,
      leads.leaveBehind,
    )
    .add(products.listProducts, products.publish, products.retire)
    .add(applications.submitLead, applications.reviewLead)
    .add(applications.closeApplication, applications.getApplication, applications.stopApplications)
    .add(applications.notifyAboutCase, applications.listReturned)
    .add(
      applications.openApproval,
      applications.decideApproval,
      applications.sendCardAgain,
      applications.listMyApprovals,
      applications.listOwnApplications,
      applications.getApproval,
      applications.findPressedCard,
      applications.remindApprovers,
      applications.escalateApproval,
      applications.expireApproval,
      applications.holdApproval,
      applications.alarmApproval,
      applications.endAlarm,
      applications.canSeat,
      applications.reseatApproval,
      applications.reseatApprovals,
      applications.resumeApplication,
    )
    .add(
      loans.createLoan(() => schedules.live().version),
      loans.recordPayment,
      loans.reversePayment,
      loans.getLoan,
      loans.listLoans,
      loans.listRepayments,
    )
    .add(planReminders(schedules), followZone, askAfterComplaint)
    .add(incidents.listIncidents, incidents.resolve, incidents.resolveAbout)
    .add(todos.listTodos, todos.finish, todos.reopen, todos.countAbout, todos.add, todos.remindOfComplaint)
    .add(todos.finishAbout, todos.askAgainAbout, todos.passOnFromChat, todos.passOnWords, todos.tellOwner)
    .add(
      todos.addForOwner,
      todos.addForChat,
      todos.askForHelp,
      todos.tellTodo,
      todos.inheritTodos,
      todos.followCustomer,
    )
    .add(handBack, handBackChat, giveBack)
    .add(publishFlow, ...migrationOperations(schedules), ...processOperations(flows))
    .add(...parts.operations);
}
