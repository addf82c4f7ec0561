//! What every backend must do, as plain functions over `&dyn Store`.
//!
//! Each function gets a store of its own, fresh and empty. A backend runs them all with
//! [`conformance_suite!`](crate::conformance_suite), no skips. A test that needs two servers alive
//! at once does not belong here: a backend may serve one process at a time.

#![allow(clippy::unwrap_used, clippy::missing_panics_doc, reason = "these are tests")]

pub mod cancel_wish;
pub mod claim;
pub mod execution;
pub mod figures;
pub mod list;
pub mod model;
pub mod numbered;
pub mod quarantine;
pub mod race;
pub mod request_log;
pub mod retention;
pub mod sample;
pub mod secret;
pub mod server;
pub mod session;
pub mod setting;
pub mod text;
pub mod token;
pub mod user;
pub mod workflow;

/// Makes each function of the suite a test. `$open` is the full path of an async function without
/// arguments that returns a fresh store (an `Arc`) and something to hold on to while the test runs.
#[macro_export]
macro_rules! conformance_suite {
    ($open:path) => {
        $crate::conformance_suite! { @each $open;
            server {
                a_server_that_runs_keeps_its_lease
                a_server_nobody_knows_has_no_lease
                a_server_that_stopped_has_no_lease
                what_a_stopped_server_held_can_be_claimed
                what_a_dead_server_held_can_be_claimed
                a_server_with_another_key_is_refused_unless_it_means_to
                servers_are_listed_while_they_live
                a_server_that_starts_anew_goes_on_with_what_was_its_own
                what_a_server_did_itself_is_no_news_to_it
                after_closing_every_call_says_so
            }
            workflow {
                a_workflow_reads_back_as_it_was_saved
                what_is_not_there_is_none
                a_save_made_from_what_was_changed_meanwhile_is_refused
                one_refused_save_undoes_all_the_others
                publishing_counts_revisions_and_makes_them_live
                a_key_is_never_used_twice
                rotating_retires_the_old_key
                a_stale_save_does_not_bring_a_retired_key_back
                a_deleted_workflow_is_gone_but_its_revisions_stay
                workflows_are_listed_newest_first_page_by_page
                revisions_are_listed_newest_first_page_by_page
            }
            sample {
                samples_read_back_as_they_were_kept_newest_first
                a_workflow_has_no_more_samples_than_it_may
                the_bodies_of_samples_are_no_larger_together_than_they_may
                a_sample_is_its_workflows_alone
                a_sample_needs_a_workflow_that_is_there
                samples_go_with_their_workflow
            }
            token {
                a_token_is_found_by_its_digest
                tokens_are_listed_newest_first
                a_revoked_token_is_gone
                the_last_use_of_a_token_is_kept
                no_two_tokens_have_the_same_digest
            }
            user {
                there_is_one_first_user
                users_are_listed_newest_first_and_found_by_email
                no_two_users_have_one_email
                a_change_leaves_the_rest
                the_last_active_admin_stays
                who_is_disabled_or_deleted_is_out
                an_invite_is_taken_once
                an_invite_expires_and_a_new_one_takes_its_place
                a_new_password_ends_all_sessions_but_its_own
            }
            session {
                a_session_is_its_users_until_it_ends
                only_an_active_user_with_that_password_gets_one
                a_login_ends_the_session_it_replaces_and_idle_ones
                a_user_has_no_more_sessions_than_allowed
            }
            secret {
                a_secret_reads_back_as_it_was_set
                setting_a_secret_again_takes_the_place_of_the_old_one
                secrets_are_listed_by_name
                there_are_no_more_secrets_than_there_may_be
                a_deleted_secret_is_gone
            }
            setting {
                a_setting_is_what_it_was_set_to_last
            }
            text {
                any_text_reads_back_as_it_was_kept
                what_is_searched_for_is_taken_as_it_is
            }
            race {
                of_saves_made_from_one_version_one_wins
                a_key_is_given_out_once
                samples_kept_at_once_are_no_more_than_they_may
                a_sample_kept_while_its_workflow_goes_goes_too
                there_is_one_first_user_of_many
                users_made_at_once_are_no_more_than_they_may
                an_email_is_given_to_one_of_many
                admins_who_go_at_once_leave_one
                an_invite_is_taken_by_one_of_many
                who_is_shut_out_during_a_login_is_out
                logins_at_once_leave_no_more_sessions_than_allowed
                secrets_set_at_once_are_no_more_than_they_may
                a_setting_set_at_once_is_what_one_of_them_said
            }
            execution {
                an_execution_reads_back_as_it_was_created
                progress_changes_the_row_and_adds_to_the_journal
                an_answer_stays_when_progress_brings_none
                a_test_keeps_the_draft_it_runs
                an_execution_names_its_replays_in_their_order
                replays_share_one_event
                a_final_status_is_never_left
                a_write_at_another_epoch_is_refused_and_leaves_nothing
                one_bad_create_does_not_fail_its_neighbours
                executions_are_listed_newest_first_page_by_page
                lists_by_workflow_and_status_hold_nothing_else
                lists_can_be_narrowed_by_answer_test_time_and_text
                what_ended_badly_tells_why
                heads_are_read_of_those_that_are_there
            }
            cancel_wish {
                a_wish_is_for_the_owner_until_it_has_ended
                a_wish_goes_with_its_execution_from_owner_to_owner
                what_has_ended_or_never_was_cannot_be_wished_to_end
            }
            list {
                pages_over_many_have_no_gap_and_no_repeat
                many_are_counted
                accepted_and_refused_over_many_are_one_log
            }
            figures {
                executions_are_counted_by_status_and_time
                every_workflow_has_its_figures
            }
            claim {
                claim_is_exclusive
                claim_hands_out_all_that_is_needed_to_go_on
                what_is_claimed_reads_as_what_is_stored
                claim_takes_what_is_due_oldest_first
                a_flood_of_one_workflow_leaves_room_for_the_others
                a_small_limit_goes_round_all_workflows
                skipped_workflows_are_left_alone
                what_a_living_server_owns_cannot_be_claimed
                what_was_given_back_can_be_claimed_once_it_is_due
                one_execution_can_be_claimed_before_it_is_due
                what_was_taken_before_it_was_due_is_due_when_its_owner_dies
                the_next_due_time_is_that_of_the_first_unowned_one
            }
            quarantine {
                what_outlived_its_owner_too_often_is_set_aside_with_a_reason
                whoever_gets_on_or_is_given_back_starts_anew
                a_suspect_is_handed_out_alone
                what_is_set_aside_waits_for_a_word_and_gets_no_new_life
                a_wish_for_what_is_set_aside_goes_to_nobody
                a_late_owner_cannot_write_to_what_was_set_aside
                a_quarantined_execution_can_be_failed_unread
                only_what_is_quarantined_is_failed_unread
                the_head_alone_is_the_one_of_the_whole
            }
            request_log {
                accepted_and_refused_requests_are_listed_together_newest_first
                the_cursor_leads_on_without_gaps_or_repeats
                the_list_can_be_of_one_workflow_or_one_outcome
                the_list_can_be_narrowed_by_code_status_time_and_text
                a_refused_request_reads_back_as_it_was_logged
                lines_are_read_by_their_place_in_the_log
                the_oldest_refused_requests_beyond_the_caps_are_trimmed
            }
            retention {
                only_what_has_ended_is_deleted_whoever_names_it
                what_ended_before_the_bound_is_deleted
                what_is_beyond_the_newest_is_deleted
                what_has_not_ended_is_never_deleted
                a_slice_deletes_the_oldest_and_no_more_than_it_may
                an_event_stays_until_its_last_execution_goes
                a_tests_draft_goes_with_it
                every_workflow_with_executions_is_named_once
                space_can_be_given_back_at_any_time
            }
        }
    };
    (@each $open:path; $($noun:ident { $($test:ident)+ })+) => {$(
        mod $noun {
            $(
                #[tokio::test]
                async fn $test() {
                    let (store, _held) = $open().await;
                    $crate::conformance::$noun::$test(&*store).await;
                    $crate::Store::close(&*store).await.expect("it closes after every test");
                }
            )+
        }
    )+};
}
