//! The window's one page: bar, lesson, stage, inspector, timeline; and the course map.

use egui::{Align, CentralPanel, Frame, Layout, Margin, Panel, RichText, Ui, vec2};

use super::state::State;
use super::update::{input_error_text, theme_words};
use super::{keys, update};
use crate::lesson::Lesson;
use crate::view::command::{Export, ThemeChoice};
use crate::view::page::{self, Page};
use crate::view::{
    Command, Language, Memory, Scene, VIEWS, inspector, theme, timeline_bar, tr, tr_with,
};

/// The lesson's share of the window.
const LESSON_SHARE: f32 = 0.36;
/// The inspector's width.
const INSPECTOR_WIDTH: f32 = 280.0;

/// Draws everything and gives what the learner asked for in this frame.
pub fn ui(ui: &mut Ui, state: &State, memory: &mut Memory) -> Vec<Command> {
    let mut commands = keys::commands(ui.ctx(), state);
    top_bar(ui, state, &mut commands);
    message_bar(ui, state, &mut commands);
    match &state.lesson {
        Some(_) => lesson_page(ui, state, memory, &mut commands),
        None => course_map(ui, state, &mut commands),
    }
    if state.asks_position {
        position_field(ui, state, &mut commands);
    }
    if state.shows_keys {
        key_sheet(ui, state, &mut commands);
    }
    commands
}

fn bar_frame(ui: &Ui) -> Frame {
    Frame::new().fill(ui.visuals().panel_fill).inner_margin(Margin::symmetric(12, 8))
}

fn top_bar(ui: &mut Ui, state: &State, commands: &mut Vec<Command>) {
    let words = |key| tr(state.kept.language, key);
    Panel::top("bar").frame(bar_frame(ui)).show(ui, |ui| {
        ui.horizontal(|ui| {
            let home = egui::Button::new(
                RichText::new("Unrolled").family(theme::bold_family()).size(17.0),
            )
            .frame(false);
            if ui.add(home).on_hover_text(words("menu.course_map")).clicked() {
                commands.push(Command::OpenMap);
            }
            if let Some(open) = &state.lesson {
                lesson_switch(ui, state, &open.lesson, commands);
                input_field(ui, state, commands);
            }
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| menus(ui, state, commands));
        });
    });
}

fn lesson_switch(ui: &mut Ui, state: &State, lesson: &Lesson, commands: &mut Vec<Command>) {
    let ids: Vec<&str> = state.library.ids().collect();
    let at = ids.iter().position(|id| *id == lesson.id).unwrap_or(0);
    let mut arrow = |ui: &mut Ui, icon: &str, to: Option<&&str>, key: &'static str| {
        let button = ui.add_enabled(
            to.is_some(),
            egui::Button::new(icon).frame(false).min_size(vec2(26.0, 26.0)),
        );
        let label = tr(state.kept.language, key);
        button.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, label));
        if let (true, Some(id)) = (button.on_hover_text(label).clicked(), to) {
            commands.push(Command::OpenLesson((*id).to_owned()));
        }
    };
    arrow(ui, "◀", at.checked_sub(1).and_then(|at| ids.get(at)), "lesson.previous_lesson");
    let short = lesson.title.split([':', '：']).next().unwrap_or(&lesson.title);
    ui.label(RichText::new(format!("{:02} {short}", lesson.number)).strong());
    arrow(ui, "▶", ids.get(at + 1), "lesson.next_lesson");
}

/// The whole input as text; the model runs again at every change, and what it cannot read stays.
fn input_field(ui: &mut Ui, state: &State, commands: &mut Vec<Command>) {
    let language = state.kept.language;
    ui.add_space(theme::GAP);
    let label = ui.label(RichText::new(tr(language, "menu.input")).weak().small());
    let mut text = state.input.clone();
    let width = (ui.available_width() - 330.0).clamp(90.0, 420.0);
    let dark = ui.visuals().dark_mode;
    let mut field =
        egui::TextEdit::singleline(&mut text).font(egui::TextStyle::Monospace).desired_width(width);
    if state.input_error.is_some() {
        field = field.text_color(theme::error(dark));
    }
    let response =
        ui.add(field).labelled_by(label.id).on_hover_text(tr(language, "menu.input_hint"));
    if response.changed() {
        commands.push(Command::SetInput(text));
    }
    let own =
        state.kept.inputs.iter().any(|(of, text)| of == state.model.id() && *text != state.input);
    if own {
        let words = tr(language, "menu.restore_input");
        let button = ui.button("↶");
        button.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, words));
        if button.on_hover_text(words).clicked() {
            commands.push(Command::RestoreInput);
        }
    }
}

fn menus(ui: &mut Ui, state: &State, commands: &mut Vec<Command>) {
    let language = state.kept.language;
    let words = |key| tr(language, key);
    let keys = ui.button("?");
    keys.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, words("menu.keys")));
    if keys.on_hover_text(words("menu.keys")).clicked() {
        commands.push(Command::ToggleKeys);
    }
    ui.menu_button(words("menu.theme"), |ui| {
        for choice in [ThemeChoice::System, ThemeChoice::Light, ThemeChoice::Dark] {
            if ui
                .selectable_label(state.kept.theme == choice, theme_words(language, choice))
                .clicked()
            {
                commands.push(Command::SetTheme(choice));
                ui.close();
            }
        }
    });
    for other in Language::ALL {
        if other != language
            && ui.button(other.to_string()).on_hover_text(words("menu.language")).clicked()
        {
            commands.push(Command::SetLanguage(other));
        }
    }
    ui.menu_button(words("menu.file"), |ui| {
        for (key, command) in [
            ("menu.open_lessons", Command::ChooseLessons),
            ("menu.open_weights", Command::ChooseWeights),
        ] {
            if ui.button(words(key)).clicked() {
                commands.push(command);
                ui.close();
            }
        }
        ui.separator();
        let has_value = state.selection.is_some() && state.run.is_some();
        for (key, export) in
            [("menu.save_figure", Export::Figure), ("menu.save_table", Export::Table)]
        {
            let button = ui.add_enabled(has_value, egui::Button::new(words(key)));
            if button.on_disabled_hover_text(words("inspector.choose")).clicked() {
                commands.push(Command::Save(export));
                ui.close();
            }
        }
        ui.separator();
        path_field(ui, words("menu.open_path"), words("menu.open_path_hint"), commands);
    });
}

/// A path to type, for machines where no dialog opens.
fn path_field(ui: &mut Ui, words: &str, hint: &str, commands: &mut Vec<Command>) {
    let id = egui::Id::unique("path to open");
    let mut path: String = ui.data(|data| data.get_temp(id)).unwrap_or_default();
    let label = ui.label(RichText::new(words).small().weak());
    let field =
        ui.add(egui::TextEdit::singleline(&mut path).desired_width(240.0)).labelled_by(label.id);
    let entered = field.lost_focus() && ui.input(|input| input.key_pressed(egui::Key::Enter));
    if field.on_hover_text(hint).has_focus() || !entered || path.trim().is_empty() {
        ui.data_mut(|data| data.insert_temp(id, path));
        return;
    }
    commands.push(Command::OpenPath(path.trim().into()));
    ui.close();
}

/// What the learner should know, in the way until it is dismissed or mended.
fn message_bar(ui: &mut Ui, state: &State, commands: &mut Vec<Command>) {
    let dark = ui.visuals().dark_mode;
    let input_error =
        state.input_error.as_ref().map(|error| input_error_text(state.kept.language, error));
    let message = state.message.as_ref().map(|message| (message.text.clone(), message.is_error));
    if input_error.is_none() && message.is_none() && state.interventions.is_empty() {
        return;
    }
    Panel::top("messages").frame(bar_frame(ui)).show(ui, |ui| {
        if let Some(text) = input_error {
            ui.label(RichText::new(text).color(theme::error(dark)));
        }
        if let Some((text, is_error)) = message {
            ui.horizontal_wrapped(|ui| {
                let color = if is_error { theme::error(dark) } else { theme::success(dark) };
                ui.label(RichText::new(text).color(color));
                if ui.small_button(tr(state.kept.language, "common.close")).clicked() {
                    commands.push(Command::DismissMessage);
                }
            });
        }
        if !state.interventions.is_empty() {
            ui.horizontal_wrapped(|ui| {
                ui.label(
                    RichText::new(tr(state.kept.language, "intervene.active"))
                        .color(theme::warning(dark)),
                );
                for (at, intervention) in state.interventions.iter().enumerate() {
                    let text = RichText::new(format!("{intervention}  ×")).monospace();
                    let hint = tr(state.kept.language, "intervene.remove_hint");
                    if ui.button(text).on_hover_text(hint).clicked() {
                        commands.push(Command::LiftIntervention(at));
                    }
                }
            });
        }
    });
}

fn lesson_page(ui: &mut Ui, state: &State, memory: &mut Memory, commands: &mut Vec<Command>) {
    let (Some(open), Some(run)) = (&state.lesson, &state.run) else {
        CentralPanel::default().show(ui, |ui| {
            ui.centered_and_justified(|ui| ui.label(tr(state.kept.language, "common.loading")));
        });
        return;
    };
    let width = ui.available_width();
    let mut scene = Scene {
        trace: &run.trace,
        run: run.number,
        diagram: &run.diagram,
        timeline: &state.timeline,
        selection: state.selection.as_ref(),
        language: state.kept.language,
        memory,
        commands,
    };
    let lesson_frame = Frame::new().fill(ui.visuals().panel_fill).inner_margin(Margin {
        left: 24,
        right: 12,
        top: 16,
        bottom: 8,
    });
    Panel::bottom("timeline").frame(bar_frame(ui)).show(ui, |ui| timeline_bar::ui(ui, &mut scene));
    Panel::left("lesson")
        .frame(lesson_frame)
        .default_size((width * LESSON_SHARE).clamp(320.0, 620.0))
        .size_range(280.0..=width * 0.6)
        .show(ui, |ui| {
            let mut page = Page {
                lesson: &open.lesson,
                stop: open.stop,
                answers: &state.kept.answers,
                done: &state.kept.done,
                diagnostics: &open.diagnostics,
                counter: 0,
            };
            page::ui(ui, &mut scene, &mut page);
        });
    if state.shows_inspector(width) {
        let frame = Frame::new().fill(ui.visuals().panel_fill).inner_margin(Margin::same(14));
        Panel::right("inspector")
            .frame(frame)
            .default_size(INSPECTOR_WIDTH)
            .size_range(220.0..=460.0)
            .show(ui, |ui| {
                inspector::ui(ui, &mut scene, &state.pinned);
            });
    }
    let frame =
        Frame::new().fill(theme::stage(ui.visuals().dark_mode)).inner_margin(Margin::same(12));
    CentralPanel::default().frame(frame).show(ui, |ui| stage(ui, state, &mut scene));
}

/// One to four views side by side, under a row that chooses them.
fn stage(ui: &mut Ui, state: &State, scene: &mut Scene<'_>) {
    ui.horizontal(|ui| {
        for view in VIEWS {
            let is_shown = state.views.iter().any(|id| id == view.id);
            let applies = (view.applies)(scene.trace);
            let button =
                ui.add_enabled(applies, egui::Button::selectable(is_shown, scene.tr(view.title)));
            if button.on_hover_text(scene.tr(view.hint)).clicked() {
                scene.commands.push(Command::ToggleView(view.id.to_owned()));
            }
        }
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let shown = state.shows_inspector(ui.ctx().content_rect().width());
            let button = ui.selectable_label(shown, scene.tr("inspector.title"));
            if button.on_hover_text(scene.tr("inspector.choose")).clicked() {
                scene.commands.push(Command::ShowInspector(!shown));
            }
            model_menu(ui, scene);
        });
    });
    ui.add_space(theme::GAP_SMALL);
    let shown: Vec<_> = VIEWS
        .iter()
        .filter(|view| state.views.iter().any(|id| id == view.id) && (view.applies)(scene.trace))
        .collect();
    let room = ui.available_size();
    let grid = arrangement(shown.len(), room);
    let size = vec2(
        (room.x - theme::GAP_LARGE * (grid[0] - 1) as f32) / grid[0] as f32,
        (room.y - theme::GAP_LARGE * (grid[1] - 1) as f32) / grid[1] as f32,
    );
    let corner = ui.max_rect().min + vec2(0.0, ui.max_rect().height() - room.y);
    for (at, view) in shown.iter().enumerate() {
        let step = size + egui::Vec2::splat(theme::GAP_LARGE);
        let place = vec2((at % grid[0]) as f32 * step.x, (at / grid[0]) as f32 * step.y);
        let rect = egui::Rect::from_min_size(corner + place, size);
        let mut inner = ui.new_child(egui::UiBuilder::new().max_rect(rect).id_salt(view.id));
        inner.set_clip_rect(rect.expand(4.0).intersect(ui.clip_rect()));
        (view.ui)(&mut inner, scene);
    }
    ui.allocate_space(room);
}

/// The model on the stage, and the others that could stand there.
fn model_menu(ui: &mut Ui, scene: &mut Scene<'_>) {
    let current = scene.trace.model().to_owned();
    let title = RichText::new(&current).monospace().small();
    let menu = ui.menu_button(title, |ui| {
        for id in crate::models::ids() {
            let text = RichText::new(&id).monospace();
            if ui.selectable_label(id == current, text).clicked() {
                scene.commands.push(Command::SetModel(id));
                ui.close();
            }
        }
    });
    menu.response.on_hover_text(scene.tr("views.model_hint"));
}

/// Columns and rows for a number of views: stacked where the stage is narrow.
fn arrangement(views: usize, room: egui::Vec2) -> [usize; 2] {
    match views {
        0 | 1 => [1, 1],
        2 if room.x < 1.35 * room.y => [1, 2],
        2 => [2, 1],
        _ => [2, views.div_ceil(2)],
    }
}

/// The home page: every lesson as a card, in teaching order.
fn course_map(ui: &mut Ui, state: &State, commands: &mut Vec<Command>) {
    let language = state.kept.language;
    let words = |key| tr(language, key);
    let frame = Frame::new().fill(ui.visuals().panel_fill).inner_margin(Margin::symmetric(40, 28));
    CentralPanel::default().frame(frame).show(ui, |ui| {
        egui::ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
            ui.set_max_width(ui.available_width().min(980.0));
            ui.label(RichText::new(words("map.title")).text_style(theme::title_style()));
            ui.label(theme::lesson_text(words("app.tagline")));
            ui.add_space(theme::GAP_SECTION);
            let ids: Vec<String> = state.library.ids().map(str::to_owned).collect();
            if ids.is_empty() {
                ui.label(words("map.empty"));
            }
            for id in ids {
                if let Some(found) = state.library.get(language.code(), &id) {
                    card(ui, state, found.lesson, commands);
                    ui.add_space(theme::GAP);
                }
            }
        });
    });
}

fn card(ui: &mut Ui, state: &State, lesson: &Lesson, commands: &mut Vec<Command>) {
    let dark = ui.visuals().dark_mode;
    let language = state.kept.language;
    let frame = Frame::new()
        .fill(theme::stage(dark))
        .inner_margin(Margin::symmetric(20, 16))
        .corner_radius(2 * theme::RADIUS);
    let reached = state.kept.progress.get(&lesson.id).copied();
    let spec = crate::models::find_recipe(&lesson.model.text).map(|(spec, _)| spec);
    let response = frame.show(ui, |ui| {
        ui.set_min_width(ui.available_width());
        ui.horizontal(|ui| {
            let year = spec.map_or(String::new(), |spec| spec.year.to_string());
            ui.add_sized(
                vec2(64.0, 30.0),
                egui::Label::new(
                    RichText::new(year).monospace().size(17.0).color(theme::accent(dark)),
                ),
            );
            ui.vertical(|ui| {
                ui.label(
                    RichText::new(format!("{:02}  {}", lesson.number, lesson.title))
                        .text_style(egui::TextStyle::Heading),
                );
                for goal in &lesson.goals {
                    ui.label(RichText::new(crate::lesson::plain_text(goal)).weak());
                }
                ui.horizontal(|ui| {
                    let total = lesson.stops.len();
                    let text = match reached {
                        None => tr(language, "map.not_started").to_owned(),
                        Some(stop) if stop >= total => tr(language, "map.finished").to_owned(),
                        Some(stop) => {
                            let (done, total) = (stop.to_string(), total.to_string());
                            tr_with(language, "map.progress", &[("done", &done), ("total", &total)])
                        }
                    };
                    ui.label(RichText::new(text).small().weak());
                });
            });
        });
    });
    let id = egui::Id::unique(("card", &lesson.id));
    let card = ui.interact(response.response.rect, id, egui::Sense::click());
    card.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, &lesson.title));
    if card.hovered() || card.has_focus() {
        let stroke = egui::Stroke::new(theme::LINE, theme::accent(dark));
        ui.painter().rect_stroke(card.rect, 2 * theme::RADIUS, stroke, egui::StrokeKind::Inside);
    }
    if card.clicked() {
        commands.push(Command::OpenLesson(lesson.id.clone()));
    }
}

/// Asks for a position and goes there.
fn position_field(ui: &mut Ui, state: &State, commands: &mut Vec<Command>) {
    let words = |key| tr(state.kept.language, key);
    let last = state.run.as_ref().map_or(0, |run| run.trace.n_positions().saturating_sub(1));
    let id = egui::Id::unique("position to go to");
    let modal = egui::Modal::new(id).show(ui.ctx(), |ui| {
        ui.horizontal(|ui| {
            let label = ui.label(format!("{} 0–{last}", words("timeline.go_to")));
            let mut text: String = ui.data(|data| data.get_temp(id)).unwrap_or_default();
            let field = egui::TextEdit::singleline(&mut text).desired_width(80.0);
            let field = ui.add(field).labelled_by(label.id);
            field.request_focus();
            if ui.input(|input| input.key_pressed(egui::Key::Enter)) {
                if let Ok(position) = text.trim().parse::<usize>() {
                    commands.push(Command::GoTo { name: None, position: Some(position.min(last)) });
                }
                commands.push(Command::AskPosition(false));
                text.clear();
            }
            ui.data_mut(|data| data.insert_temp(id, text));
        });
    });
    if modal.should_close() {
        commands.push(Command::AskPosition(false));
    }
}

fn key_sheet(ui: &mut Ui, state: &State, commands: &mut Vec<Command>) {
    let words = |key| tr(state.kept.language, key);
    let modal = egui::Modal::new(egui::Id::unique("keys")).show(ui.ctx(), |ui| {
        ui.heading(words("keys.title"));
        ui.add_space(theme::GAP);
        egui::Grid::new("key sheet").num_columns(2).spacing([28.0, 8.0]).show(ui, |ui| {
            for (key, meaning) in keys::SHEET {
                ui.label(RichText::new(*key).monospace());
                ui.label(words(meaning));
                ui.end_row();
            }
        });
        ui.add_space(theme::GAP);
        if ui.button(words("common.close")).clicked() {
            commands.push(Command::ToggleKeys);
        }
    });
    if modal.should_close() {
        commands.push(Command::ToggleKeys);
    }
}

/// Carries out a frame's commands; gives what has to be done outside.
#[must_use]
pub fn carry_out(state: &mut State, commands: Vec<Command>) -> Vec<update::Effect> {
    commands.into_iter().flat_map(|command| update::update(state, command)).collect()
}
