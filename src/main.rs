use unrolled::*;
fn main() -> anyhow::Result<()> {
    let id = std::env::args().nth(1).unwrap();
    let (spec, recipe) = models::find_recipe(&id).unwrap();
    let mut recipe = recipe.clone();
    if let Some(s) = std::env::args().nth(2) {
        recipe.steps = s.parse()?;
    }
    if let Some(s) = std::env::args().nth(3) {
        recipe.learning_rate = s.parse()?;
    }
    let build = || -> anyhow::Result<_> {
        Ok((
            (spec.build)(&serde_json::from_str(recipe.config)?)?,
            (tasks::find(recipe.task).unwrap().build)(&serde_json::from_str(recipe.task_config)?)?,
        ))
    };
    let (m, t) = build()?;
    let mut tr = training::Trainer::new(m, t, &recipe)?;
    let start = std::time::Instant::now();
    let (m, t) = build()?;
    while !tr.is_finished() {
        let p = tr.step();
        if p.step % (recipe.steps / 20).max(1) == 0 {
            println!(
                "{id} {} loss {:.4} norm {:.3} {:.1}s score {:.5}",
                p.step,
                p.loss,
                p.gradient_norm,
                start.elapsed().as_secs_f32(),
                training::evaluate::score(&*m, &*t, tr.parameters(), 1, 400)
            );
        }
    }
    println!("final {:.5}", training::evaluate::score(&*m, &*t, tr.parameters(), 1, 2000));
    Ok(())
}
