use unrolled::*;
fn main() -> anyhow::Result<()> {
    let a: Vec<String> = std::env::args().collect();
    if a[1] == "shot" {
        let img = app::screenshot(
            &app::ScreenshotRequest {
                lesson: (a[2] != "-").then(|| a[2].clone()),
                stop: a[3].parse()?,
                step: a[4].parse().ok(),
                dark: a[5] == "dark",
                language: view::Language::from_code(&a[6]).unwrap(),
                size: [a[7].parse()?, a[8].parse()?],
                pixels_per_point: 1.0,
            },
            lesson::Library::embedded(),
        )?;
        img.save(&a[9])?;
        return Ok(());
    }
    if a[1] == "open" {
        app::run(app::Start::Lesson(a[2].clone()))?;
        return Ok(());
    }
    let id = a[1].clone();
    let (spec, recipe) = models::find_recipe(&id).unwrap();
    let build = || -> anyhow::Result<_> {
        Ok((
            (spec.build)(&serde_json::from_str(recipe.config)?)?,
            (tasks::find(recipe.task).unwrap().build)(&serde_json::from_str(recipe.task_config)?)?,
        ))
    };
    let (m, t) = build()?;
    let mut tr = training::Trainer::new(m, t, recipe)?;
    let (m, t) = build()?;
    while !tr.is_finished() {
        let p = tr.step();
        if p.step % (recipe.steps / 20).max(1) == 0 {
            println!(
                "{id} {} loss {:.4} norm {:.3} score {:.5}",
                p.step,
                p.loss,
                p.gradient_norm,
                training::evaluate::score(&*m, &*t, tr.parameters(), 1, 400)
            );
        }
    }
    let score = training::evaluate::score(&*m, &*t, tr.parameters(), 1, 2000);
    println!("final {score:.5}");
    let card = checkpoint::Card {
        id: id.clone(),
        model: spec.id.to_owned(),
        config: serde_json::from_str(recipe.config)?,
        task: recipe.task.to_owned(),
        task_config: serde_json::from_str(recipe.task_config)?,
        seed: recipe.seed,
        steps: recipe.steps,
        parameters: tr.parameters().count(),
        measure: t.measure().name().to_owned(),
        score,
        recipe_sha256: checkpoint::recipe_sha256(recipe),
    };
    checkpoint::save(
        std::path::Path::new(&format!("assets/models/{id}.safetensors")),
        &card,
        tr.parameters(),
    )?;
    Ok(())
}
